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

// brake stops the filling while nothing comes of it. It survives a restart, but for the window: while the populator
// was down, all else may have been down too.
type brake struct {
	Windows int       `json:"windows"` // in a row without completed jobs
	since   time.Time // of the window
	Reason  string    `json:"reason"` // why nothing is added; empty if there is none
	Began   time.Time `json:"began"`  // since when there is this reason, or none
}

// check looks at what has become of the jobs, and returns why nothing is to be added, empty if there is no reason.
func (p *populator) check(ctx context.Context, l *ledger.Ledger, running int64) (reason string, err error) {
	if err := p.loadBrake(ctx); err != nil {
		return "", err
	}
	if err := p.tellSkipped(ctx); err != nil { // before another reason hides it
		return "", err
	}
	next, err := p.judge(ctx, l, running)
	if err != nil {
		return "", err
	}
	if next.Windows != p.brake.Windows || next.Reason != p.brake.Reason {
		if err := p.write(ctx, brakeCheckpoint, next); err != nil {
			return "", err
		}
	}
	p.brake = &next
	return next.Reason, p.tellSkipped(ctx)
}

func (p *populator) loadBrake(ctx context.Context) error {
	if p.brake != nil {
		return nil
	}
	var loaded brake
	if err := p.read(ctx, brakeCheckpoint, &loaded); err != nil {
		return err
	}
	p.brake = &loaded
	return nil
}

// judge returns what the brake is to be now.
func (p *populator) judge(ctx context.Context, l *ledger.Ledger, running int64) (next brake, err error) {
	next, now := *p.brake, p.rt.Now()
	if err := p.countWindows(ctx, l, &next, running, now); err != nil {
		return next, err
	}
	recent, err := l.FinishedJobCounts(ctx, failureWindow)
	if err != nil {
		return next, err
	}
	reason := ""
	switch completed, failed := outcomes(recent); {
	case failed >= failures && completed == 0:
		reason = "one job after another fails"
	case next.Windows >= barren:
		reason = "jobs run and none is completed: the nodes may be cut off"
	}
	if reason != next.Reason {
		next.Reason, next.Began = reason, now.UTC()
	}
	return next, nil
}

// tellSkipped tells once that nothing is added.
func (p *populator) tellSkipped(ctx context.Context) error {
	b := p.brake
	if b.Reason == "" || b.Began.Equal(p.skipTold) {
		return nil
	}
	// What is older than the log's memory was told when it happened.
	if !p.rt.Bus.Client().MayRepeat(b.Began) {
		if err := p.rt.Bus.Publish(ctx, bus.QueuePopulationSkipped{Reason: b.Reason, Since: b.Began}); err != nil {
			return err
		}
	}
	p.skipTold = b.Began
	return nil
}

// countWindows counts the windows in a row in which jobs ran and none was completed.
func (p *populator) countWindows(ctx context.Context, l *ledger.Ledger, b *brake, running int64, now time.Time) error {
	switch {
	case running == 0:
		b.since, b.Windows = now, 0
		return nil
	case b.since.IsZero():
		b.since = now
	}
	if b.Windows < barren && now.Sub(b.since) < p.config.Window {
		return nil
	}
	finished, err := l.FinishedJobCounts(ctx, p.config.Window)
	if err != nil {
		return err
	}
	if completed, _ := outcomes(finished); completed > 0 {
		b.since, b.Windows = now, 0
		return nil
	}
	if now.Sub(b.since) >= p.config.Window {
		b.since, b.Windows = now, b.Windows+1
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
