package testkit

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// HistoryLengths has the number of events of every workflow that runs, by its id.
func HistoryLengths(ctx context.Context, t testing.TB, of client.Client) map[string]int64 {
	t.Helper()
	lengths := map[string]int64{}
	for _, id := range openWorkflows(ctx, t, of) {
		described, err := of.DescribeWorkflowExecution(ctx, id, "")
		require.NoError(t, err, "describe %s", id)
		lengths[id] = described.GetWorkflowExecutionInfo().GetHistoryLength()
	}
	return lengths
}

// openWorkflows are the ids of all workflows that run.
func openWorkflows(ctx context.Context, t testing.TB, of client.Client) []string {
	t.Helper()
	var ids []string
	request := &workflowservice.ListWorkflowExecutionsRequest{Query: "ExecutionStatus = 'Running'"}
	for {
		page, err := of.ListWorkflow(ctx, request)
		require.NoError(t, err, "list open workflows")
		for _, execution := range page.GetExecutions() {
			ids = append(ids, execution.GetExecution().GetWorkflowId())
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return ids
		}
	}
}
