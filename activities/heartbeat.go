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
	"github.com/ringrift/orchestrator/internal/process"
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
	// patience is how long the attempt goes on after the last heartbeat that the server accepted.
	patience time.Duration
}

func newHeartbeat(d *Daemons, a *attempt) *heartbeat {
	return &heartbeat{daemons: d, attempt: a, patience: patience(a.in.Spec, a.info.HeartbeatTimeout)}
}

// patience ends when the server starts a replacement. A program knows no epochs that would fence it from what it works on, so
// the time that its processes may take to end is over by then.
func patience(row spec.Daemon, timeout time.Duration) time.Duration {
	if row.Program == nil {
		return timeout
	}
	return max(timeout-process.OrphanGrace, timeout/2)
}

// interval is half the patience, or less where that leaves no room for an outage.
func interval(patience time.Duration) time.Duration {
	return min(patience/2, max(patience-outageMargin, patience/4))
}

// run beats until ctx is done. The first beat comes after one interval, since the timeout counts from
// the start, unless the task is already old: then this process was frozen and must ask before it works.
func (h *heartbeat) run(ctx context.Context) {
	accepted := time.Now()
	next := interval(h.patience)
	if age := accepted.Sub(h.attempt.info.StartedTime); age > h.attempt.info.HeartbeatTimeout/3 {
		next = 0
	}
	for {
		deadline := accepted.Add(h.patience)
		if !pause.For(ctx, min(next, time.Until(deadline))) {
			return
		}
		asked := time.Now()
		switch err := h.beat(ctx, deadline); {
		case err == nil:
			accepted, next = asked, interval(h.patience)
		case gone(err):
			h.fence("the server has given this attempt up", err)
			return
		case time.Now().After(deadline):
			h.fence("no heartbeat was accepted for "+h.patience.String(), err)
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

// beat makes one call, which ends at the deadline. The health of the daemon goes along as details, where the Web UI shows it.
func (h *heartbeat) beat(ctx context.Context, deadline time.Time) error {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
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
