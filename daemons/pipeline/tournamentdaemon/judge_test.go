package tournamentdaemon

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/tournament"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Baselines are ordered by what they are said to be; of two players the shares are those of specs/03 2.5.
func TestRungs(t *testing.T) {
	t.Parallel()
	said := []workload.Baseline{{ID: "strong", NominalElo: 1400}, {ID: "random", NominalElo: 400}, {ID: "heuristic", NominalElo: 1200}}
	for players, shares := range map[int][2]float64{2: {.90, .55}, 3: {.818, .379}, 4: {.750, .290}} {
		found := rungs(said, players)
		require.Len(t, found, 2)
		require.Equal(t, []string{"heuristic", "random", "strong", "heuristic"}, []string{found[0].Stronger, found[0].Weaker, found[1].Stronger, found[1].Weaker})
		for i, share := range shares {
			require.InDelta(t, share, found[i].Expected, .001, players)
			require.InDelta(t, .9*share, found[i].Least, .001, players)
		}
	}
	require.Empty(t, rungs(said[1:2], 2))
}

// Only what chance does not explain fails; what fails decides, and what is open leaves all open.
func TestJudge(t *testing.T) {
	t.Parallel()
	of := func(wins, games int64) rating.Score {
		return rating.Score{Players: 2, Wins: wins, Losses: games - wins}
	}
	for name, c := range map[string]struct {
		first, second rating.Score
		verdict       string
	}{
		"as they should":            {of(95, 100), of(60, 100), pipeline.CalibrationHolds},
		"just good enough":          {of(82, 100), of(50, 100), pipeline.CalibrationHolds},
		"too weak, maybe by chance": {of(95, 100), of(45, 100), pipeline.CalibrationOpen},
		"surely too weak":           {of(95, 100), of(35, 100), pipeline.CalibrationFails},
		"random wins too often":     {of(60, 100), of(60, 100), pipeline.CalibrationFails},
		"one open, one failing":     {of(78, 100), of(35, 100), pipeline.CalibrationFails},
		"one failing, one open":     {of(60, 100), of(45, 100), pipeline.CalibrationFails},
		"no games":                  {of(95, 100), of(0, 0), pipeline.CalibrationOpen},
	} {
		scores := map[string]rating.Score{"heuristic": c.first, "strong": c.second}
		_, verdict := judge(rungs([]workload.Baseline{{ID: "random"}, {ID: "heuristic", NominalElo: 1}, {ID: "strong", NominalElo: 2}}, 2),
			func(stronger, _ string) rating.Score { return scores[stronger] })
		require.Equal(t, c.verdict, verdict, name)
	}
}

// Anchors follow from the games among the baselines, whatever their order, and leave what the workload has pinned.
func TestAnchors(t *testing.T) {
	t.Parallel()
	pair := func(one, other string, wins int) tournament.Pair {
		return tournament.Pair{Player: one, Faced: pipeline.Faced{Opponent: other, BySeat: []workload.Score{
			{Games: 50, Wins: wins, Losses: 50 - wins}, {Games: 50, Wins: wins, Losses: 50 - wins},
		}}}
	}
	pairs := []tournament.Pair{pair("heuristic", "random", 48), pair("strong", "heuristic", 30)}
	given := map[string]float64{"random": 400}
	one, err := anchors(tournament.Result{Pairs: pairs}, given)
	require.NoError(t, err)
	other, err := anchors(tournament.Result{Pairs: []tournament.Pair{pairs[1], pairs[0]}}, given)
	require.NoError(t, err)
	require.Equal(t, one, other)
	require.InDelta(t, 400, one["random"], 0)
	require.Greater(t, one["heuristic"], 700.)
	require.InDelta(t, 70, one["strong"]-one["heuristic"], 20)
	require.Len(t, given, 1, "it is not changed")
}
