package run

import (
	"context"
	"errors"
	"time"

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
