package tournamentdaemon

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/tournament"
	"github.com/ringrift/orchestrator/internal/workload"
)

// A pair plays on while a decision depends on games that do not tell yet, and no longer.
func TestPairsRestOnceTheirGamesAreSettled(t *testing.T) {
	t.Parallel()
	began := time.Unix(0, 0)
	settings := Settings{GamesPerPair: 30, GamesLeast: 60, GamesEnough: 120, Required: map[string]promotion.ByPlayers[float64]{
		promotion.Random: {Two: .8}, promotion.Heuristic: {Two: .2},
	}}
	for name, c := range map[string]struct {
		one, other  string
		wins, games int
		plays       bool
	}{
		"nobody has won yet":                  {"canonical", "production", 0, 0, true},
		"certain, and too few":                {"canonical", "production", 30, 30, true},
		"certainly better":                    {"canonical", "production", 45, 60, false},
		"certainly worse":                     {"canonical", "production", 15, 60, false},
		"maybe equal":                         {"canonical", "production", 33, 60, true},
		"maybe equal, and enough":             {"canonical", "production", 62, 120, false},
		"production is better":                {"production", "fallback", 45, 60, false},
		"production is worse: watched":        {"production", "fallback", 10, 60, true},
		"production is worse, and enough":     {"production", "fallback", 10, 120, false},
		"retired, whatever their games say":   {"old", "older", 31, 60, false},
		"retired, and too few":                {"old", "older", 15, 30, true},
		"one of them is in office":            {"fallback", "old", 31, 60, true},
		"beats random as required":            {"canonical", "random", 58, 60, false},
		"beats random about as required":      {"canonical", "random", 48, 60, true},
		"heuristic, about as required":        {"canonical", "heuristic", 14, 60, true},
		"heuristic, at parity":                {"canonical", "heuristic", 30, 60, false},
		"a baseline that nothing is asked of": {"canonical", "other", 30, 60, false},
		"nothing is asked of who has retired": {"old", "random", 48, 60, false},
	} {
		score := workload.Score{Games: c.games, Wins: c.wins, Losses: c.games - c.wins}
		met := encounters{
			results:    []tournament.Result{{MadeAt: began, Pairs: []tournament.Pair{{Player: c.one, Faced: pipeline.Faced{Opponent: c.other, BySeat: []workload.Score{score, {}}}}}}},
			production: "production", fallback: "fallback", canonical: "canonical", players: 2, since: began,
		}
		models, baselines := []string{c.one, c.other}, []string(nil)
		if c.other == "random" || c.other == "heuristic" || c.other == "other" {
			models, baselines = models[:1], models[1:]
		}
		require.Equal(t, c.plays, len(meetings(models, baselines, met, settings)) == 1, name)
		met.since = began.Add(time.Second)
		if c.one == "production" {
			require.Len(t, meetings(models, baselines, met, settings), 1, "%s: what was played before is no news", name)
		}
	}
}

// With more players each way of meeting is settled by itself, against the parity of so many.
func TestPairsOfMorePlayersRest(t *testing.T) {
	t.Parallel()
	score := workload.Score{Games: 20, Wins: 7, Losses: 13} // 35 % of 60 games: parity of three
	third := []workload.Score{score, score, score}
	met := encounters{players: 3, canonical: "one", results: []tournament.Result{{Pairs: []tournament.Pair{
		{Player: "one", Faced: pipeline.Faced{Opponent: "other", BySeat: third}},
	}}}}
	settings := Settings{GamesPerPair: 30, GamesLeast: 60, GamesEnough: 60}
	require.Equal(t, [][2]string{{"other", "one"}}, meetings([]string{"one", "other"}, nil, met, settings))
	settings.GamesEnough = 90
	require.Len(t, meetings([]string{"one", "other"}, nil, met, settings), 2)
}
