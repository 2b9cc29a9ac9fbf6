//go:build acceptance

package programs

import (
	"maps"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
)

// histories are the lengths of the histories of all open workflows.
func (r *rig) histories() map[string]int64 {
	r.Helper()
	lengths := map[string]int64{}
	listed, err := r.server.Client().ListWorkflow(r.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: `ExecutionStatus = "Running"`})
	require.NoError(r, err)
	for _, one := range listed.GetExecutions() {
		id := one.GetExecution().GetWorkflowId()
		described, err := r.server.Client().DescribeWorkflowExecution(r.Context(), id, "")
		require.NoError(r, err)
		lengths[id] = described.GetWorkflowExecutionInfo().GetHistoryLength()
	}
	return lengths
}

// quietHistories are the histories once nothing is written for some looks on end.
func (r *rig) quietHistories() map[string]int64 {
	r.Helper()
	before, same := r.histories(), 0
	r.eventually(func() bool {
		now := r.histories()
		if same++; !maps.Equal(before, now) {
			before, same = now, 0
		}
		return same >= quietLooks
	}, "the histories are quiet")
	return before
}

// quietLooks is how many looks make a quiet time, of some seconds.
const quietLooks = 30
