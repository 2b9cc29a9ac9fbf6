package control

import (
	"context"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/ringrift/orchestrator/internal/spec"
)

// LastHeartbeat is when the worker of a daemon was last heard of; the zero time means that no attempt
// runs, or that the one that runs has not been heard of yet.
func (c *Client) LastHeartbeat(ctx context.Context, daemon spec.Type, node string) (time.Time, error) {
	id := spec.WorkflowID(daemon, node)
	var described *workflowservice.DescribeWorkflowExecutionResponse
	err := c.call(ctx, "describe "+id, func(ctx context.Context) (err error) {
		described, err = c.temporal.DescribeWorkflowExecution(ctx, id, "")
		return err
	})
	if err != nil {
		return time.Time{}, err
	}
	for _, pending := range described.GetPendingActivities() {
		if pending.GetActivityType().GetName() != spec.ActivityRunDaemon {
			continue
		}
		if at := pending.GetLastHeartbeatTime(); at != nil {
			return at.AsTime(), nil
		}
		if at := pending.GetLastStartedTime(); at != nil {
			return at.AsTime(), nil
		}
	}
	return time.Time{}, nil
}
