package trainingtrigger

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// What a workload hands over is no candidate unless it is another model, with numbers that are numbers.
func TestWhatIsNoCandidate(t *testing.T) {
	t.Parallel()
	parent, child := data.Sum{1}, data.Sum{2}
	for name, c := range map[string]struct {
		model           data.Sum
		metrics, reason string
	}{
		"as it should be":       {child, `{"finite":true,"train_loss_end":1,"val_loss_end":1}`, ""},
		"the parent":            {parent, `{"finite":true,"train_loss_end":1,"val_loss_end":1}`, "is its parent"},
		"numbers that are none": {child, `{"finite":false,"train_loss_end":1,"val_loss_end":1}`, "not finite"},
		"no loss on a holdout":  {child, `{"finite":true,"train_loss_end":1}`, "no loss on it"},
		"no metrics":            {child, `[]`, "cannot be read"},
	} {
		request, err := json.Marshal(jobs.Request{Inputs: []jobs.Input{{Name: inputParent, SHA256: parent}, {Name: inputHoldout}}})
		require.NoError(t, err)
		job := ledger.Job{JobSpec: ledger.JobSpec{Request: request}}
		report := jobs.Report{Metrics: json.RawMessage(c.metrics), Outputs: []jobs.Output{{Role: workload.RoleModel, SHA256: c.model}}}
		_, _, err = prove(job, report)
		if c.reason == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, c.reason, name)
	}
	report := jobs.Report{Metrics: json.RawMessage(`{}`)}
	_, _, err := prove(ledger.Job{JobSpec: ledger.JobSpec{Request: json.RawMessage(`{}`)}}, report)
	require.ErrorContains(t, err, "0 files with the role model")
}
