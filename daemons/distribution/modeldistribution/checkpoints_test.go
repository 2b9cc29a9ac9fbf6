package modeldistribution_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/distribution/modeldistribution"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// The newest checkpoint of a training gets to one more node that trains, while the training is under way.
func TestCheckpointsOfATrainingHaveASecondHome(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a, b, d := c.add("node-a", spec.RoleTraining), c.add("node-b", spec.RoleTraining), c.add("node-c", spec.RoleSelfplay)
	job := c.train()
	first := a.putCheckpoint(job.ID, 3)
	a.distribute(modeldistribution.Config{Watch: 10 * poll})
	c.eventually("the first is copied", func() bool { return len(b.dir.Find(first.SHA256)) == 1 })
	for step := range int64(3) {
		next := a.putCheckpoint(job.ID, 4+step)
		c.eventually("a newer one is copied", func() bool { return len(b.dir.Find(next.SHA256)) == 1 })
	}
	c.eventually("only the newest are kept there", func() bool { return len(b.checkpoints(job.ID)) == 2 })
	require.Empty(t, d.checkpoints(job.ID), "who does not train has none")

	_, err := c.session.CancelJob(t.Context(), job.ID, "enough")
	require.NoError(t, err)
	late := a.putCheckpoint(job.ID, 9)
	model := a.put(data.RoleModel, "sq5_2p/canonical.bin", weights("model"))
	c.promote(model, "sq5_2p", 0)
	c.everywhere(model, a, b, d)
	require.Empty(t, b.dir.Find(late.SHA256), "nobody goes on from it")
}

func (c *cluster) train() ledger.Job {
	c.Helper()
	submitted, err := c.session.SubmitJob(c.Context(), ledger.JobSpec{
		IdempotencyKey: "train", Kind: "train", ConfigKey: "sq5_2p", Class: ledger.Normal, Priority: 50, Request: json.RawMessage(`{}`),
		Resources: ledger.Resources{CPU: 1},
	})
	require.NoError(c, err)
	return submitted.Job
}

// putCheckpoint stores what a training leaves on its node after a step.
func (n *node) putCheckpoint(job string, step int64) data.Item {
	n.Helper()
	content := datatest.Bytes(1<<16, fmt.Sprintf("step %d", step))
	name := fmt.Sprintf("sq5_2p/%s/000-%012d-%x.ckpt", job, step, sha256.Sum256(content))
	return n.put(data.RoleCheckpoint, name, content)
}

func (n *node) checkpoints(job string) []string {
	n.Helper()
	found, err := filepath.Glob(filepath.Join(n.path, "checkpoints", "sq5_2p", job, "*.ckpt"))
	require.NoError(n, err)
	return found
}
