package run

import (
	"context"
	"errors"
	"time"

	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/workload"
)

// checkEvery is how often silence is looked for.
const checkEvery = 250 * time.Millisecond

// watcher knows why a command was told to end.
type watcher struct {
	job     Job
	tracker *tracker
	cause   workload.Cause // empty: it was not
}

// silence says whether the command has been silent, or without progress, for too long.
func (w *watcher) silence() workload.Cause {
	progress, _ := w.tracker.state()
	if exceeded(progress.LastLine, w.job.BeatLimit) || exceeded(progress.At, w.job.SilentLimit) {
		return workload.CauseStuck
	}
	return ""
}

// grace is how long the command may take to end. Without its lease it gets no time for what counts no more: a replacement
// may run by now.
func (w *watcher) grace() time.Duration {
	if w.cause == workload.CauseLost {
		return min(w.job.Grace, process.OrphanGrace)
	}
	return w.job.Grace
}

func exceeded(since time.Time, limit time.Duration) bool {
	return limit > 0 && time.Since(since) > limit
}

// causeOf tells why the caller wants the command to end.
func causeOf(ctx context.Context) workload.Cause {
	switch err := context.Cause(ctx); {
	case errors.Is(err, ErrPreempted):
		return workload.CausePreempted
	case errors.Is(err, ErrLost):
		return workload.CauseLost
	}
	return workload.CauseCancelled
}
