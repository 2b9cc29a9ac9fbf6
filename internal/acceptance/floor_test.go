//go:build acceptance

package acceptance

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/testkit"
)

// measureFloor starts n empty child workflows with one long activity each on a server of their own, and
// returns the time until the last activity runs and the processor time of the server. Nothing that keeps
// daemons as workflows around an activity can be quicker on this machine.
func measureFloor(b *testing.B, n int) (took, server time.Duration) {
	b.Helper()
	const queue = "floor"
	dev := testkit.StartServer(b)
	var running sync.WaitGroup
	running.Add(n)
	w := worker.New(dev.Client(), queue, worker.Options{MaxConcurrentActivityExecutionSize: 2 * n, WorkerStopTimeout: time.Second})
	w.RegisterActivityWithOptions(func(ctx context.Context) error {
		running.Done()
		<-activity.GetWorkerStopChannel(ctx)
		return nil
	}, activity.RegisterOptions{Name: "Run"})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Hour})
		return workflow.ExecuteActivity(ctx, "Run").Get(ctx, nil)
	}, workflow.RegisterOptions{Name: "Child"})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		children := make([]workflow.Future, n)
		for i := range children {
			options := workflow.ChildWorkflowOptions{WorkflowID: fmt.Sprintf("child-%d", i)}
			children[i] = workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, options), "Child")
		}
		for _, child := range children {
			if err := child.Get(ctx, nil); err != nil {
				return err
			}
		}
		return nil
	}, workflow.RegisterOptions{Name: "Parent"})
	require.NoError(b, w.Start())
	defer w.Stop()
	used, began := processorTime(b, dev.PID()), time.Now()
	_, err := dev.Client().ExecuteWorkflow(b.Context(), client.StartWorkflowOptions{ID: "parent", TaskQueue: queue}, "Parent")
	require.NoError(b, err)
	running.Wait()
	return time.Since(began), processorTime(b, dev.PID()) - used
}
