package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/process"
)

const (
	// beatLimit bounds one call; beatRetry is the longest pause after one that failed.
	beatLimit = 5 * time.Second
	beatRetry = time.Second
)

// lease is the server's belief that an attempt runs here. It is over some time after the last heartbeat that was accepted:
// then the server starts a replacement.
type lease struct {
	every    time.Duration // between two heartbeats
	patience time.Duration // after an accepted one
}

// untilProcesses is the patience of what runs processes: when the heartbeat timeout is over, so is their time to end.
func untilProcesses(timeout time.Duration) time.Duration {
	return max(timeout-process.OrphanGrace, timeout/2)
}

// hold beats until ctx is done, or until the lease is over and an error says why. A call that hangs does not prolong it.
func (l lease) hold(ctx context.Context, first time.Duration, beat func(context.Context) error) error {
	accepted := time.Now()
	for next := first; ; {
		deadline := accepted.Add(l.patience)
		if !pause.For(ctx, min(next, time.Until(deadline))) {
			return nil
		}
		asked := time.Now()
		switch err := within(ctx, deadline, beat); {
		case err == nil:
			accepted, next = asked, l.every
		case ctx.Err() != nil:
			return nil
		case gone(err):
			return fmt.Errorf("the server has given this attempt up: %w", err)
		case !time.Now().Before(deadline):
			return fmt.Errorf("no heartbeat was accepted for %s: %w", l.patience, err)
		default:
			next = min(beatRetry, l.every)
		}
	}
}

func within(ctx context.Context, deadline time.Time, beat func(context.Context) error) error {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	return beat(ctx)
}

func recordHeartbeat(ctx context.Context, c client.Client, info activity.Info, identity string, details any) (*workflowservice.RecordActivityTaskHeartbeatResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, beatLimit)
	defer cancel()
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(details)
	if err != nil {
		return nil, err
	}
	return c.WorkflowService().RecordActivityTaskHeartbeat(ctx, &workflowservice.RecordActivityTaskHeartbeatRequest{
		Namespace: info.Namespace, TaskToken: info.TaskToken, Identity: identity, Details: payloads,
	})
}

// gone says whether the server does not know the attempt any more.
func gone(err error) bool {
	var missing *serviceerror.NotFound
	var invalid *serviceerror.InvalidArgument
	return errors.As(err, &missing) || errors.As(err, &invalid)
}
