package heal_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/heal"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

var server testkit.SharedServer

// A parent hears once of a child that has closed, also of one that stays closed since it was dismissed.
func TestAClosedChildIsReportedOnce(t *testing.T) {
	t.Parallel()
	namespace, connection := server.Namespace(t)
	w := worker.New(connection, spec.QueueDaemons, worker.Options{WorkerStopTimeout: time.Second})
	w.RegisterWorkflowWithOptions(endless, workflow.RegisterOptions{Name: spec.WorkflowGroup})
	w.RegisterWorkflowWithOptions(func(workflow.Context) error { return nil }, workflow.RegisterOptions{Name: spec.WorkflowDaemon})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	for id, kind := range map[string]string{"daemon/SPREAD": spec.WorkflowGroup, "daemon/SPREAD@node-1": spec.WorkflowDaemon} {
		_, err := connection.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: spec.QueueDaemons}, kind)
		require.NoError(t, err)
	}
	guard := &heal.Guard{Client: connection, Namespace: namespace, Logger: slog.New(slog.DiscardHandler)}
	require.Eventually(t, func() bool {
		require.NoError(t, guard.ReportClosed(t.Context()))
		return reports(t, connection, "daemon/SPREAD") > 0
	}, 30*time.Second, 50*time.Millisecond, "the list shows it")
	require.NoError(t, guard.ReportClosed(t.Context()))
	require.Equal(t, 1, reports(t, connection, "daemon/SPREAD"))

	_, err := connection.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "daemon/SPREAD@node-1", TaskQueue: spec.QueueDaemons}, spec.WorkflowDaemon)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		require.NoError(t, guard.ReportClosed(t.Context()))
		return reports(t, connection, "daemon/SPREAD") == 2
	}, 30*time.Second, 50*time.Millisecond, "its next run is another one")
}

func endless(ctx workflow.Context) error {
	return workflow.Await(ctx, func() bool { return false })
}

// reports counts the words of closed children in a workflow's history.
func reports(t *testing.T, connection client.Client, id string) int {
	t.Helper()
	count := 0
	events := connection.GetWorkflowHistory(t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		if event.GetWorkflowExecutionSignaledEventAttributes().GetSignalName() == spec.SignalClosed {
			count++
		}
	}
	return count
}
