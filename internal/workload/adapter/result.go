package adapter

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/ringrift/orchestrator/internal/workload"
)

// writeResult writes the result. It is the last file that the command writes.
func (t *Task) writeResult(status workload.Status, metrics any) error {
	result := workload.Result{
		Contract: workload.Contract, JobID: t.Request.JobID, Attempt: t.Request.Attempt,
		Status: status, Outputs: t.outputs, Counters: t.counters,
	}
	if metrics != nil {
		text, err := json.Marshal(metrics)
		if err != nil {
			return Fail(workload.ExitDiverged, fmt.Errorf("write metrics: %w", err)) // JSON has no NaN and no infinity
		}
		result.Metrics = text
	}
	if result.Outputs == nil {
		result.Outputs = []workload.Output{}
	}
	done, err := t.faultAfter(&result)
	if done || err != nil {
		return err
	}
	text, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return WriteFile(filepath.Join(t.folder, workload.ResultFile), text)
}
