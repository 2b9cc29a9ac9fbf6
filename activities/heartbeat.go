package activities

import (
	"context"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// outageMargin is the outage of the server that no daemon notices: heartbeats leave that much of the timeout unused.
const outageMargin = 22 * time.Second

// heartbeat keeps one attempt alive at the server and ends it when the server gives it up.
type heartbeat struct {
	daemons *Daemons
	attempt *attempt
	lease   lease
}

func newHeartbeat(d *Daemons, a *attempt) *heartbeat {
	patience := patience(a.in.Spec, a.info.HeartbeatTimeout)
	return &heartbeat{daemons: d, attempt: a, lease: lease{every: interval(patience), patience: patience}}
}

// patience is the whole timeout for what epochs fence from all that it works on. A program knows none.
func patience(row spec.Daemon, timeout time.Duration) time.Duration {
	if row.Program == nil {
		return timeout
	}
	return untilProcesses(timeout)
}

// interval is half the patience, or less where that leaves no room for an outage.
func interval(patience time.Duration) time.Duration {
	return min(patience/2, max(patience-outageMargin, patience/4))
}

// run beats until ctx is done. The first beat comes after one interval, since the timeout counts from
// the start, unless the task is already old: then this process was frozen and must ask before it works.
func (h *heartbeat) run(ctx context.Context) {
	first := h.lease.every
	if age := time.Since(h.attempt.info.StartedTime); age > h.attempt.info.HeartbeatTimeout/3 {
		first = 0
	}
	if err := h.lease.hold(ctx, first, h.beat); err != nil {
		h.daemons.Logger.Warn("fencing", "daemon", h.attempt.id(), "why", err)
		h.daemons.Host.Stop(h.attempt.id(), h.attempt.epoch, spec.StopForFence)
	}
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
