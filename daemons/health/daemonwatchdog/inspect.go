package daemonwatchdog

import (
	"context"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// maxUnread is the number of rounds in which a heartbeat could not be read that count as silence.
const maxUnread = 2

// inspect gathers what there is to know of one daemon, and lets decide see what is wrong with it.
func (d *daemon) inspect(ctx context.Context, info spec.Info, now time.Time) []finding {
	s := sighting{info: info, row: d.row(info.Daemon), seen: info.Health.At, watching: d.watching}
	d.askHeartbeat(ctx, &s, now)
	var found []finding
	if f, wrong := s.examine(now); wrong {
		found = append(found, f)
	}
	if f, wrong := d.countRestarts(info, now); wrong {
		found = append(found, f)
	}
	d.decide(s, found, now)
	return found
}

// askHeartbeat looks for a later sign of life than the one in the status, where that one is too old. A heartbeat
// that cannot be read, or that is of no attempt as between two of them, is a sign of nothing at first; when that repeats while the rest of the fleet can be seen, it
// counts as silence.
func (d *daemon) askHeartbeat(ctx context.Context, s *sighting, now time.Time) {
	id := spec.WorkflowID(s.info.Daemon, s.info.Node)
	if _, silent := s.unresponsive(now); d.config.Heartbeats == nil || s.info.Phase != spec.PhaseRunning || !silent {
		delete(d.unread, id)
		return
	}
	at, err := d.config.Heartbeats.LastHeartbeat(ctx, s.info.Daemon, s.info.Node)
	if err == nil && !at.IsZero() {
		delete(d.unread, id)
		s.seen = later(s.seen, at)
		return
	}
	if d.unread[id]++; d.unread[id] < maxUnread {
		s.seen = now
	}
	d.logger.Debug("no heartbeat can be read", "daemon", name(s.info), "error", err)
}

func (d *daemon) countRestarts(info spec.Info, now time.Time) (finding, bool) {
	if info.Desired == spec.DesiredStop || info.Desired == spec.DesiredPause {
		return finding{}, false
	}
	id := spec.WorkflowID(info.Daemon, info.Node)
	log, known := d.state.Restarts[id]
	if !known { // what happened before the first look is history, not a loop
		d.state.Restarts[id], d.dirty = &restartLog{Total: failures(info)}, true
		return finding{}, false
	}
	if log.observe(info, now, d.config.CrashLoopWindow) {
		d.dirty = true
	}
	return log.find(d.config.CrashLoopRestarts, d.config.CrashLoopWindow)
}
