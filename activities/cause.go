package activities

import (
	"context"

	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/internal/spec"
)

// previousCause asks the server why the attempt before this one ended. If it cannot be known, the daemon
// is not blamed.
func (d *Daemons) previousCause(ctx context.Context, info activity.Info) spec.Cause {
	pending, err := pendingActivities(ctx, d.Client, info.WorkflowExecution.ID, info.WorkflowExecution.RunID)
	if err != nil {
		d.Logger.Warn("previous attempt unknown", "workflow", info.WorkflowExecution.ID, "error", err)
		return spec.CauseWorkerLost
	}
	for _, one := range pending {
		if one.GetActivityId() == info.ActivityID {
			return causeOf(one.GetLastFailure())
		}
	}
	return spec.CauseWorkerLost
}

func causeOf(failure *failurepb.Failure) spec.Cause {
	if application := failure.GetApplicationFailureInfo(); application != nil && application.GetType() != "" {
		return spec.Cause(application.GetType())
	}
	return spec.CauseWorkerLost
}

func pendingActivities(ctx context.Context, client client.Client, workflowID, runID string) ([]*workflowpb.PendingActivityInfo, error) {
	response, err := client.DescribeWorkflowExecution(ctx, workflowID, runID)
	if err != nil {
		return nil, err
	}
	return response.GetPendingActivities(), nil
}

// runningAttempt finds the RunDaemon or RunJob activity that some worker executes now.
func runningAttempt(pending []*workflowpb.PendingActivityInfo) *workflowpb.PendingActivityInfo {
	for _, one := range pending {
		started := one.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED || one.GetState() == enumspb.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED
		name := one.GetActivityType().GetName()
		if (name == spec.ActivityRunDaemon || name == spec.ActivityRunJob) && started {
			return one
		}
	}
	return nil
}
