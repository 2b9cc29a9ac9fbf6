package selfplaycoordinator

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/queuelevel"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/selfplay"
)

// stall is what has the training plan of a configuration explore and search more.
func (b *bundle) stall(config string) feedback.Plan {
	b.t.Helper()
	now, err := b.ledger.Now(b.t.Context())
	require.NoError(b.t, err)
	evidence := feedback.Evidence{ConfigKey: config, Decisions: []feedback.Decision{{At: now}}}
	for hours := range 3 {
		evidence.Curve = append(evidence.Curve, rating.Point{At: now.Add(-time.Duration(hours) * time.Hour), Rating: 1500})
	}
	plan, made, err := feedback.Bring(b.t.Context(), b.operator, evidence, feedback.DefaultPolicy())
	require.NoError(b.t, err)
	require.True(b.t, made)
	return plan
}

// A training plan changes how its configuration is played, and how much; without one everything is as set.
func TestTheTrainingPlanIsPlayed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.settings.Params = map[string]any{"search_budget": 100, "exploration": .25, "temperature": -1.0}
	b.settings.MaxSearchBudget, b.settings.BootstrapGames = 140, 0
	first := b.round()
	require.Empty(t, config(first, "sq5_2p").TrainingPlan)
	require.Equal(t, "100 0.25", played(first, "sq5_2p"))
	b.settings.PlanInterval = time.Hour
	made := b.stall("sq5_2p")
	require.Equal(t, first, b.round(), "what waits in the queue is not thrown away for it")
	b.settings.PlanInterval = 0
	second := b.round()
	one, other := config(second, "sq5_2p"), config(second, "hex3_2p")
	require.Equal(t, made.Version, one.TrainingPlan)
	require.Equal(t, "140 0.36", played(second, "sq5_2p"), "half more is more than allowed; a fifth more for the stall, and one for the rejection")
	require.InDelta(t, -1, one.Params["temperature"], 0, "what is turned off stays off")
	require.InDelta(t, 1.44, one.Score.Exploration, 1e-3)
	require.EqualValues(t, 500, made.Values.ExtraGames)
	require.Equal(t, int64(500), one.ExtraGames)
	require.Greater(t, one.Stock, other.Stock+400)
	require.Equal(t, "100 0.25", played(second, "hex3_2p"))
	require.Equal(t, second, b.round(), "idle is quiet")
	b.settings.Params = map[string]any{"search_budget": 120, "exploration": .25, "temperature": -1.0}
	b.settings.PlanInterval = time.Hour
	require.Equal(t, "other settings", b.round().Reason, "those hold at once")
}

// played are the params by which a configuration is played.
func played(plan *selfplay.Plan, key string) string {
	params := config(plan, key).Params
	return fmt.Sprintf("%v %.3g", params[paramBudget], params[paramExploration])
}

// A greater weight in the curriculum is a greater share.
func TestWeightsMoveShares(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.settings.BootstrapGames = 0
	first := b.round()
	require.Zero(t, first.Weights)
	require.InDelta(t, config(first, "hex3_2p").Weight, config(first, "sq5_2p").Weight, 1e-9)
	now, err := b.ledger.Now(t.Context())
	require.NoError(t, err)
	rejected := make([]feedback.Decision, 9)
	for i := range rejected {
		rejected[i].At = now
	}
	_, err = feedback.BringWeights(t.Context(), b.operator, []feedback.Evidence{
		{ConfigKey: "sq5_2p", Decisions: rejected}, {ConfigKey: "hex3_2p"},
	}, feedback.DefaultPolicy())
	require.NoError(t, err)
	second := b.round()
	require.EqualValues(t, 1, second.Weights)
	require.InDelta(t, 2.5, config(second, "sq5_2p").Score.Features.Weight, 1e-9)
	require.InDelta(t, 2.5, config(second, "sq5_2p").Weight/config(second, "hex3_2p").Weight, 1e-6)
}

// Full queues shrink every stock at once, by the level that is stored; it grows again when they are not, from time to
// time.
func TestFullQueuesShrinkThePlan(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.settings.PlanInterval = time.Hour
	first := b.round()
	b.level(queuelevel.PendingGames, queuelevel.Medium.String())
	require.Equal(t, first, b.round(), "nothing waits: who has said so has stopped")
	b.queue(jobs.KindSelfplay)
	second := b.round()
	require.Equal(t, "back-pressure: the queue pending_games is at medium", second.Reason)
	require.Equal(t, total(first)/2, total(second))
	require.Equal(t, second, b.round())
	b.level(queuelevel.PendingGames, queuelevel.Hard.String())
	require.Equal(t, total(first)/4, total(b.round()))
	b.level(queuelevel.PendingGames, queuelevel.None.String())
	require.Equal(t, total(first)/4, total(b.round()), "not before its time")
	b.settings.PlanInterval = 0
	require.Equal(t, total(first), total(b.round()))
	b.level(queuelevel.Jobs, queuelevel.Full)
	require.Equal(t, total(first)/2, total(b.round()))
	b.level(queuelevel.PendingGames, queuelevel.Stop.String())
	require.Zero(t, total(b.round()))
}

func (b *bundle) level(queue, level string) {
	b.t.Helper()
	_, _, err := b.operator.SetLevel(b.t.Context(), queue, level, 7)
	require.NoError(b.t, err)
}

// queue has a job of a kind wait.
func (b *bundle) queue(kind string) {
	b.t.Helper()
	_, err := b.operator.SubmitJob(b.t.Context(), ledger.JobSpec{
		IdempotencyKey: kind, Kind: kind, ConfigKey: "sq5_2p", Class: ledger.Normal, Priority: 50, Request: []byte(`{}`),
		Resources: ledger.Resources{CPU: 1}, MaxAttempts: 1, RunLimitSeconds: 60, SilentLimitSeconds: 60,
	})
	require.NoError(b.t, err)
}

func total(plan *selfplay.Plan) (games int64) {
	for _, config := range plan.Configs {
		games += config.Stock
	}
	return games
}
