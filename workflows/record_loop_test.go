//go:build record

package workflows_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// TestRecordLoop writes histories of jobs and training loops of an installation that runs, for TestReplay: those of
// some jobs of each outcome, and those of all training loops.
//
//	RECORD_FROM=127.0.0.1:7233 go test -tags record ./workflows -run TestRecordLoop
func TestRecordLoop(t *testing.T) {
	const each = 3
	address := os.Getenv("RECORD_FROM")
	require.NotEmpty(t, address, "RECORD_FROM names the Temporal server of an installation that runs")
	connection, err := client.Dial(client.Options{HostPort: address})
	require.NoError(t, err)
	defer connection.Close()
	l := &live{t: t, client: connection}
	for name, query := range map[string]string{
		"loop-pipeline": "WorkflowType = 'Pipeline'",
		"loop-job":      "WorkflowType = 'Job' AND ExecutionStatus = 'Completed'",
		"loop-train":    "WorkflowType = 'Job' AND JobKind = 'train'",
	} {
		listed, err := connection.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{PageSize: each, Query: query})
		require.NoError(t, err)
		require.NotEmpty(t, listed.GetExecutions(), query)
		for i, execution := range listed.GetExecutions() {
			path := filepath.Join("testdata", "histories", fmt.Sprintf("%s-%d.json.gz", strings.ReplaceAll(name, "/", "-"), i+1))
			writeHistory(t, path, l.history(execution.GetExecution().GetWorkflowId(), execution.GetExecution().GetRunId()))
		}
	}
}
