package continuoustrainingloop

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/loops"
	"github.com/ringrift/orchestrator/internal/spec"
)

// strikes in a row that came to nothing make a loop back off.
const strikes = 3

// step is what a loop does now, and what is told of it; the loop itself if there is nothing to do.
func (d *daemon) step(ctx context.Context, loop loops.Loop, all []loops.Loop) (loops.Loop, bus.Payload, error) {
	now := d.rt.Now()
	switch {
	case loop.Over() || now.Before(loop.ResumeAt):
		return loop, nil, nil
	case loop.Turn == nil:
		return d.begin(loop, all, now), nil, nil
	case d.config.Pipelines == nil:
		return loop, nil, nil
	}
	status, found, err := d.config.Pipelines.Status(ctx, loop.Turn.ConfigKey)
	switch {
	case err != nil:
		return loop, nil, host.Dependency(err)
	case !found || status.Facts.At.IsZero():
		return d.wait(loop, loops.Waiting, "DATA_PIPELINE has not begun with "+loop.Turn.ConfigKey, now), nil, nil
	case loop.Turn.Iteration == 0:
		return learn(loop, status.Facts), nil, nil
	case closed(status.Facts) < loop.Turn.Iteration:
		state := loops.Waiting
		if status.Stage == spec.StageCollecting {
			state = loops.Collecting
		}
		return d.wait(loop, state, fmt.Sprintf("iteration %d of %s is at %s", loop.Turn.Iteration, loop.Turn.ConfigKey, status.Stage), now), nil, nil
	}
	return d.conclude(ctx, loop, now)
}

// closed is how many iterations of a configuration are over.
func closed(facts spec.PipelineFacts) int64 {
	if facts.Iteration != 0 {
		return facts.Iteration - 1
	}
	return facts.Last
}

// begin starts the next turn, or ends the loop.
func (d *daemon) begin(loop loops.Loop, all []loops.Loop, now time.Time) loops.Loop {
	config, more := loop.Next()
	if !more {
		return loop.End(loops.Completed, fmt.Sprintf("%d iterations of each configuration", loop.Iterations), now)
	}
	for _, other := range all {
		if other.ID != loop.ID && !other.Over() && other.Turn != nil && other.Turn.ConfigKey == config {
			loop.State, loop.Reason, loop.ResumeAt = loops.Deferred, fmt.Sprintf("loop %s works on %s", other.ID, config), now.Add(d.config.DeferPause).UTC()
			return loop
		}
	}
	loop.Turn, loop.ResumeAt = &loops.Turn{ConfigKey: config, Since: now.UTC()}, time.Time{}
	loop.State, loop.Reason = loops.Waiting, "its turn begins"
	return loop
}

// learn notes which iteration the turn waits for: the one that is open, or the next one.
func learn(loop loops.Loop, facts spec.PipelineFacts) loops.Loop {
	turn := *loop.Turn
	turn.Iteration = closed(facts) + 1
	loop.Turn = &turn
	return loop
}

// wait notes where the iteration is, and that it is late once more.
func (d *daemon) wait(loop loops.Loop, state loops.State, reason string, now time.Time) loops.Loop {
	loop.State, loop.Reason = state, reason
	if now.Sub(loop.Turn.Since) >= time.Duration(loop.Turn.Late+1)*d.config.Limit {
		turn := *loop.Turn
		turn.Late++
		loop.Turn = &turn
	}
	return loop
}

// conclude ends a turn whose iteration is closed, once the log has all that is to be known of it. One that came to
// nothing does not count: the turn goes on with the next iteration.
func (d *daemon) conclude(ctx context.Context, loop loops.Loop, now time.Time) (loops.Loop, bus.Payload, error) {
	record, found, err := d.record(ctx, loop)
	if err != nil || !found {
		return loop, nil, err
	}
	turn := *loop.Turn
	if record.Verdict == string(spec.VerdictTooFew) || record.Verdict == string(spec.VerdictUnrated) {
		loop.Failures++
		turn.Iteration++
		loop.Turn = &turn
		loop.Reason = fmt.Sprintf("iteration %d of %s has ended as %s", record.Iteration, record.ConfigKey, record.Verdict)
		if loop.Failures%strikes == 0 {
			loop.State, loop.ResumeAt = loops.BackingOff, now.Add(d.config.Backoff).UTC()
		}
		return loop, nil, nil
	}
	loop.Turns, loop.Turn, loop.Failures = loop.Turns+1, nil, 0
	loop.State, loop.ResumeAt = loops.CoolingDown, now.Add(d.config.Cooldown).UTC()
	loop.Reason = fmt.Sprintf("iteration %d of %s has ended as %s", record.Iteration, record.ConfigKey, record.Verdict)
	if _, more := loop.Next(); !more {
		loop = loop.End(loops.Completed, fmt.Sprintf("%d iterations of each configuration", loop.Iterations), now)
	}
	return loop, record, nil
}
