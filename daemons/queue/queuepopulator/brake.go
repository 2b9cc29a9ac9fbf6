package queuepopulator

import (
	"context"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
)

const (
	// barren is how many windows without any completed job, while jobs run, make it suspect that the nodes cannot tell
	// what they do.
	barren = 3
	// failures within failureWindow, without any success, pause the filling: the next job would fail like them.
	failures      = 5
	failureWindow = 30 * time.Second
)

// brake stops the filling while nothing comes of it.
type brake struct {
	since   time.Time // of the window
	windows int       // in a row without completed jobs
	reason  string    // told
}

// check looks at what has become of the jobs, and returns why nothing is to be added, empty if there is no reason.
func (p *populator) check(ctx context.Context, l *ledger.Ledger, running int64) (reason string, err error) {
	b, now := &p.brake, p.rt.Now()
	recent, err := l.FinishedJobCounts(ctx, failureWindow)
	if err != nil {
		return "", err
	}
	if err := p.countWindows(ctx, l, running, now); err != nil {
		return "", err
	}
	completed, failed := outcomes(recent)
	switch {
	case failed >= failures && completed == 0:
		reason = "one job after another fails"
	case b.windows >= barren:
		reason = "jobs run and none is completed: the nodes may be cut off"
	}
	if reason != "" && reason != b.reason {
		if err := p.rt.Bus.Publish(ctx, bus.QueuePopulationSkipped{Reason: reason, Since: now.UTC()}); err != nil {
			return "", err
		}
	}
	b.reason = reason
	return reason, nil
}

// countWindows counts the windows in a row in which jobs ran and none was completed.
func (p *populator) countWindows(ctx context.Context, l *ledger.Ledger, running int64, now time.Time) error {
	b := &p.brake
	if b.since.IsZero() || running == 0 {
		b.since, b.windows = now, 0
		return nil
	}
	if b.windows < barren && now.Sub(b.since) < p.config.Window {
		return nil
	}
	finished, err := l.FinishedJobCounts(ctx, p.config.Window)
	if err != nil {
		return err
	}
	if completed, _ := outcomes(finished); completed > 0 {
		b.since, b.windows = now, 0
		return nil
	}
	if now.Sub(b.since) >= p.config.Window {
		b.since, b.windows = now, b.windows+1
	}
	return nil
}

func outcomes(counts []ledger.JobCount) (completed, failed int64) {
	for _, count := range counts {
		switch count.Status {
		case ledger.Completed:
			completed += count.Jobs
		case ledger.Failed:
			failed += count.Jobs
		}
	}
	return completed, failed
}
