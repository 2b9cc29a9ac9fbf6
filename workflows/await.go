package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// awaitWithin waits for a condition and says whether it came true in time. Unlike the SDK's, it leaves no
// timer behind that would wake the workflow later for nothing.
func awaitWithin(ctx workflow.Context, limit time.Duration, condition func() bool) (bool, error) {
	timerContext, cancel := workflow.WithCancel(ctx)
	defer cancel()
	timer := workflow.NewTimer(timerContext, limit)
	err := workflow.Await(ctx, func() bool { return condition() || timer.IsReady() })
	return err == nil && condition(), err
}
