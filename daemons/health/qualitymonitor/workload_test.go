package qualitymonitor

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/mini/store"
)

// Games that nobody has scored are judged by the workload: what is told is recomputed from their moves. Games of an
// evaluation do not count, and a game that has lost moves is worth nothing.
func TestTheWorkloadJudges(t *testing.T) {
	t.Parallel()
	p := pipelinetest.New(t, &mini)
	r := &rig{T: t, client: p.Bus, dir: p.Node.Dir, files: p.Node.Files, settings: DefaultSettings(), mini: true}
	r.settings.Cooldown = 0
	played := p.Games(p.Left(p.Play(config, 20), workload.RoleGames))
	r.look()
	scores := shares(played)
	standing, known := r.known()
	require.True(t, known)
	requireScore(t, scores, standing.Score)
	require.Zero(t, standing.Unjudged)
	require.Len(t, events[bus.QualityScoreUpdated](r), 1)

	model := p.Bootstrap(config)
	input, err := pipeline.ModelInput(t.Context(), p.Ledger, "model", model)
	require.NoError(t, err)
	p.Do(config, workload.Evaluate, workload.EvaluateParams{
		Model: "model", Opponents: []workload.Opponent{{Player: workload.Player{Baseline: "random"}, Games: 10}}, SearchBudget: 4,
	}, input)
	r.look()
	standing, _ = r.known()
	require.EqualValues(t, len(played), standing.Games, "the games of an evaluation are no selfplay")

	var cut []*store.Game
	for _, game := range p.Sample(config, 5) {
		cut = append(cut, pipelinetest.Truncate(game))
	}
	sampled := standing.Games + 5 // those that were just played are whole
	p.Import(config, renamed(cut)...)
	r.look()
	standing, _ = r.known()
	require.Equal(t, sampled+int64(len(cut)), standing.Games)
	require.Less(t, standing.Mean, .9*mean(scores), "games against the rules are worth nothing")
	r.start()
	r.look()
	again, _ := r.known()
	require.Equal(t, standing.Score, again.Score, "another copy finds the same")
}

// shares are what the workload says that a game is worth: the share of its moves that were searched.
func shares(games []*store.Game) (all []float64) {
	for _, game := range games {
		searched := 0
		for _, move := range game.Moves {
			if move.Probs.Valid {
				searched++
			}
		}
		all = append(all, float64(searched)/float64(len(game.Moves)))
	}
	return all
}

// renamed are the same games as others.
func renamed(games []*store.Game) []*store.Game {
	for _, game := range games {
		game.ID = "cut-" + game.ID
	}
	return games
}

func mean(values []float64) (sum float64) {
	for _, one := range values {
		sum += one / float64(len(values))
	}
	return sum
}
