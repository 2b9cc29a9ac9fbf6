package evaluation_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/mini/store"
)

// A file whose games do not follow from their moves is no evidence, although all that is told of it fits: what it says,
// what the ledger has read from it and what its reporter says are the same lie.
func TestGamesThatDoNotFollowFromTheirMovesAreRefused(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	r.Bootstrap(config)
	iteration, candidate := trained(r)
	// A game against random gets its other player as its winner, in the rows and in what is reported.
	turned := func(report *jobs.Report) string {
		said := pipelinetest.Metrics[workload.EvaluateMetrics](r, *report)
		at := slices.IndexFunc(report.Games, func(game ledger.Game) bool {
			return game.Winner > 0 && slices.Contains(game.ModelIDs, "random")
		})
		require.GreaterOrEqual(t, at, 0, "a game against random was decided")
		game := &report.Games[at]
		seat := slices.Index(game.ModelIDs, candidate.ModelID)
		won := 1 // more for the candidate
		if game.Winner == int64(seat)+1 {
			won = -1
		}
		game.Winner = 3 - game.Winner
		vs := &said.PerOpponent[0]
		require.Equal(t, "random", vs.Opponent.Baseline)
		for _, score := range []*workload.Score{&vs.Score, &vs.BySeat[seat]} {
			score.Wins, score.Losses = score.Wins+won, score.Losses-won
		}
		text, err := json.Marshal(said)
		require.NoError(t, err)
		report.Metrics = text
		return game.ID
	}
	for _, c := range []struct {
		name, reason string
		tamper       func(*jobs.Report)
	}{
		{"another winner", "the file says that seat", func(report *jobs.Report) {
			id := turned(report)
			r.Tamper(config, report, func(games []*store.Game) {
				game := games[slices.IndexFunc(games, func(game *store.Game) bool { return game.ID == id })]
				game.Winner.Int64 = 3 - game.Winner.Int64
			})
		}},
		{"a move onto a stone", "which is not free", func(report *jobs.Report) {
			r.Tamper(config, report, func(games []*store.Game) { games[0].Moves[3].Move = games[0].Moves[0].Move })
		}},
		{"a move of the other seat", "of seat", func(report *jobs.Report) {
			r.Tamper(config, report, func(games []*store.Game) { games[0].Moves[2].Player = 2 })
		}},
		{"another winner in the rows than in the file", "by its moves", func(report *jobs.Report) { turned(report) }},
	} {
		order := r.Order(config, iteration, spec.StageEvaluating)
		daemon.Round()
		r.RunForged(r.Jobs(workload.Evaluate)[0], r.Node, c.tamper)
		ended := daemon.Carry(order)
		require.Equal(t, ledger.StageFailed, ended.State, c.name)
		require.Equal(t, "tampered", ended.ErrorClass, "%s: %s", c.name, ended.Error)
		require.Contains(t, ended.Error, c.reason, c.name)
	}
	require.Len(t, r.Told("EVALUATION_FAILED"), 4)
	require.Empty(t, r.Told("EVALUATION_COMPLETED"))
	require.Len(t, r.Jobs(workload.Inspect), 4)
	evidence, err := r.Ledger.Evidence(t.Context(), config, "search")
	require.NoError(t, err)
	require.Zero(t, evidence.Matches, "nothing is rated")
}

// An order that is over its deadline takes the audit of its job along.
func TestADeadlineEndsTheAudit(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	r.Bootstrap(config)
	iteration, _ := trained(r)
	order := r.Order(config, iteration, spec.StageEvaluating)
	daemon.Round()
	r.RunJob(r.Jobs(workload.Evaluate)[0], r.Node)
	daemon.Round()
	audits := r.Jobs(workload.Inspect)
	require.Len(t, audits, 1)
	require.Equal(t, ledger.Critical, audits[0].Class, "it ranks as the evaluation does")
	waiting := r.Last(config, iteration, spec.StageEvaluating).Waiting
	require.Contains(t, waiting, "its audit, job "+audits[0].ID+", waits for a node")
	r.OverDeadline(order)
	require.Equal(t, ledger.Cancelled, r.Jobs(workload.Inspect)[0].Status)
}
