//go:build acceptance

package acceptance

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/ringrift/orchestrator/internal/testkit"
)

// TestIdle leaves a fleet alone. Heartbeats and health checks go on; no history grows.
func TestIdle(t *testing.T) {
	t.Parallel()
	h := withHistory(t, testkit.RegistryRows(t), func(fleet *testkit.Fleet) { fleet.StartNode(t, "node-1") })
	length := 10 * time.Minute
	if testing.Short() {
		length = time.Minute
	}
	elapse(45 * time.Second) // the last reports of the start, the timers of the stops
	before := historyLengths(t, h.fleet)
	elapse(length)
	after := historyLengths(t, h.fleet)
	grown := map[string]int64{}
	for id, events := range after {
		if events != before[id] {
			grown[id] = events - before[id]
		}
	}
	t.Logf("%d workflows, %s: %d histories grew", len(after), length, len(grown))
	require.Empty(t, grown, "histories that grew in %s", length)
	h.requireKept(t)
}

// historyLengths has the number of events of every workflow that runs.
func historyLengths(t testing.TB, fleet *testkit.Fleet) map[string]int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	lengths := map[string]int64{}
	for _, id := range openWorkflows(ctx, t, fleet) {
		described, err := fleet.Server.Client().DescribeWorkflowExecution(ctx, id, "")
		require.NoError(t, err, "describe %s", id)
		lengths[id] = described.GetWorkflowExecutionInfo().GetHistoryLength()
	}
	return lengths
}

// openWorkflows are the ids of all workflows that run.
func openWorkflows(ctx context.Context, t testing.TB, fleet *testkit.Fleet) []string {
	t.Helper()
	var ids []string
	request := &workflowservice.ListWorkflowExecutionsRequest{Query: "ExecutionStatus = 'Running'"}
	for {
		page, err := fleet.Server.Client().ListWorkflow(ctx, request)
		require.NoError(t, err, "list open workflows")
		for _, execution := range page.GetExecutions() {
			ids = append(ids, execution.GetExecution().GetWorkflowId())
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return ids
		}
	}
}
