package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// outageMargin is the outage of the server that no daemon notices: heartbeats leave that much of the
	// timeout unused.
	outageMargin = 22 * time.Second
	// beatLimit bounds one call; beatRetry is the pause after one that failed.
	beatLimit = 5 * time.Second
	beatRetry = time.Second
)

// heartbeat keeps one attempt alive at the server and ends it when the server gives it up.
type heartbeat struct {
	daemons *Daemons
	attempt *attempt
	timeout time.Duration
}

func newHeartbeat(d *Daemons, a *attempt) *heartbeat {
	return &heartbeat{daemons: d, attempt: a, timeout: a.info.HeartbeatTimeout}
}

// interval is half the timeout, or less where that leaves no room for an outage.
func interval(timeout time.Duration) time.Duration {
	return min(timeout/2, max(timeout-outageMargin, timeout/4))
}

// run beats until ctx is done. The first beat comes after one interval, since the timeout counts from
// the start, unless the task is already old: then this process was frozen and must ask before it works.
func (h *heartbeat) run(ctx context.Context) {
	accepted := time.Now()
	next := interval(h.timeout)
	if age := accepted.Sub(h.attempt.info.StartedTime); age > h.timeout/3 {
		next = 0
	}
	for {
		if !pause.For(ctx, next) {
			return
		}
		switch err := h.beat(ctx); {
		case err == nil:
			accepted, next = time.Now(), interval(h.timeout)
		case gone(err):
			h.fence("the server has given this attempt up", err)
			return
		case time.Since(accepted) >= h.timeout:
			h.fence("no heartbeat was accepted within the timeout", err)
			return
		default:
			next = beatRetry
		}
	}
}

func (h *heartbeat) fence(why string, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	h.daemons.Logger.Warn("fencing", "daemon", h.attempt.id(), "why", why, "error", err)
	h.daemons.Host.Stop(h.attempt.id(), h.attempt.epoch, spec.StopForFence)
}

// beat makes one call. The health of the daemon goes along as details, where the Web UI shows it.
func (h *heartbeat) beat(ctx context.Context) error {
	response, err := recordHeartbeat(ctx, h.daemons.Client, h.attempt.info, h.daemons.Identity, h.daemons.Host.Health(h.attempt.id()))
	if err != nil {
		return err
	}
	switch {
	case response.GetCancelRequested():
		h.daemons.Host.Stop(h.attempt.id(), h.attempt.epoch, spec.StopForOperator)
	case response.GetActivityPaused(), response.GetActivityReset():
		h.daemons.Host.Stop(h.attempt.id(), h.attempt.epoch, spec.StopForFence)
	}
	return nil
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
