package modeldistribution_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/distribution/modeldistribution"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// A candidate gets to one more node while it is judged, whatever that node is for, and no further.
func TestACandidateOutlivesItsTrainer(t *testing.T) {
	t.Parallel()
	c := setup(t)
	trainer, second, third := c.add("node-a", spec.RoleTraining), c.add("node-b", spec.RoleSelfplay), c.add("node-c", spec.RoleTraining)
	third.distribute(modeldistribution.Config{Watch: 10 * poll})
	candidate := trainer.put(data.RoleModel, "sq5_2p/candidate.bin", weights("candidate"))
	c.judge(candidate)
	c.eventually("it is copied", func() bool { return len(second.dir.Find(candidate.SHA256)) == 1 })
	trainer.stop()
	c.eventually("as soon as the trainer is gone it is copied once more", func() bool { return len(third.dir.Find(candidate.SHA256)) == 1 })

	require.Empty(t, told[bus.ModelDistributionStarted](c), "nobody has ordered it")
	deliveries, err := c.ledger.Deliveries(t.Context(), candidate.SHA256.String(), ledger.Page{})
	require.NoError(t, err)
	require.Empty(t, deliveries.Items)
}

// What was decided on is no candidate any more.
func TestARejectedCandidateStaysWhereItIs(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a, b := c.add("node-a", spec.RoleTraining), c.add("node-b", spec.RoleTraining)
	candidate := a.put(data.RoleModel, "sq5_2p/candidate.bin", weights("candidate"))
	judged := c.judge(candidate)
	c.end(judged, map[string]any{})
	model := a.put(data.RoleModel, "sq5_2p/canonical.bin", weights("model"))
	a.distribute(modeldistribution.Config{Watch: 10 * poll})
	c.promote(model, "sq5_2p", 0)
	c.everywhere(model, a, b)
	require.Empty(t, b.dir.Find(candidate.SHA256))
}

// judge leaves in the ledger what a training leaves whose candidate is being evaluated. It returns the stage of that.
func (c *cluster) judge(candidate data.Item) ledger.StageKey {
	c.Helper()
	iteration, err := c.session.StartIteration(c.Context(), "sq5_2p", "iteration-1", string(spec.StageTraining))
	require.NoError(c, err)
	training := c.order(iteration, spec.StageTraining)
	model := jobs.Output{Role: "model", Place: candidate.Place, SHA256: candidate.SHA256, Bytes: candidate.Bytes}
	c.end(training, pipeline.Trained{ModelID: candidate.SHA256.String()[:16], Model: model})
	return c.order(iteration, spec.StageEvaluating)
}

func (c *cluster) order(iteration ledger.Iteration, stage spec.Stage) ledger.StageKey {
	c.Helper()
	key := ledger.StageKey{ConfigKey: iteration.ConfigKey, Iteration: iteration.Number, Stage: string(stage)}
	_, err := c.session.OrderStage(c.Context(), ledger.StageOrder{StageKey: key, Attempt: 1, Order: json.RawMessage("{}")})
	require.NoError(c, err)
	return key
}

func (c *cluster) end(key ledger.StageKey, result any) {
	c.Helper()
	text, err := json.Marshal(result)
	require.NoError(c, err)
	_, err = c.session.EndStage(c.Context(), key, 1, ledger.StageEnd{State: ledger.StageDone, Result: text})
	require.NoError(c, err)
}
