package control

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
)

// pollInterval is the pause between two looks while waiting.
const pollInterval = 200 * time.Millisecond

// Progress is told by a wait how far it is, at every look.
type Progress func(ready int, pending []spec.Info)

// WaitReady waits until the named daemons are ready, or with no names all that are desired to run.
// A daemon that is disabled here, or that the operator stopped or paused, is not waited for unless it is
// named. Once the supervisor believes all to be ready, each daemon is asked itself: the loss of a worker
// reaches the daemon first. When ctx ends, or nothing pending can become ready by itself, it returns a *NotReadyError.
func (c *Client) WaitReady(ctx context.Context, types []spec.Type, progress Progress) error {
	worthAsking := func(row spec.Info) bool { return !row.Ready || slices.Contains(types, row.Daemon) }
	var pending []spec.Info
	confirming := false
	for {
		ask := worthAsking
		if confirming {
			ask = everyone
		}
		status, err := c.status(ctx, ask)
		var silent *NoWorkerError
		if errors.As(err, &silent) && pending != nil && pause.For(ctx, pollInterval) {
			continue // it has answered before, so it is busy, or another worker takes over
		}
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		ready, missing := census(status.Daemons, types)
		if pending == nil || err == nil && ctx.Err() == nil { // a look that was cut short knows less than the one before
			pending = missing
		}
		if err != nil || ctx.Err() != nil {
			return ended(ctx, &NotReadyError{Pending: pending})
		}
		if progress != nil {
			progress(ready, pending)
		}
		if len(pending) == 0 && confirming {
			return nil
		}
		if confirming = len(pending) == 0; confirming {
			continue
		}
		if !slices.ContainsFunc(pending, hopeful) {
			return &NotReadyError{Pending: pending, Hopeless: true}
		}
		if !pause.For(ctx, pollInterval) {
			return ended(ctx, &NotReadyError{Pending: pending})
		}
	}
}

// WaitPhase waits until a daemon is in one of the phases and returns its state. When ctx ends first it
// returns a *NotReadyError with the state it was in.
func (c *Client) WaitPhase(ctx context.Context, target Target, phases ...spec.Phase) (spec.Info, error) {
	return c.WaitFor(ctx, target, func(info spec.Info) bool { return slices.Contains(phases, info.Phase) })
}

// WaitFor is WaitPhase for any condition on a daemon's state.
func (c *Client) WaitFor(ctx context.Context, target Target, met func(spec.Info) bool) (spec.Info, error) {
	last := spec.Info{Daemon: target.Type, Node: target.Node}
	for {
		info, err := c.Info(ctx, target)
		switch {
		case err == nil && met(info):
			return info, nil
		case err == nil:
			last = info
		case !errors.Is(err, context.DeadlineExceeded):
			return last, err
		}
		if !pause.For(ctx, pollInterval) {
			return last, ended(ctx, &NotReadyError{Pending: []spec.Info{last}})
		}
	}
}

// census counts the ready among those waited for and lists the others. A named daemon that the fleet
// does not have is pending too: it may still be planned in.
func census(rows []spec.Info, types []spec.Type) (ready int, pending []spec.Info) {
	seen := map[spec.Type]bool{}
	for _, row := range rows {
		named := slices.Contains(types, row.Daemon)
		seen[row.Daemon] = true
		switch {
		case len(types) > 0 && !named:
		case row.Ready && !slices.ContainsFunc(row.Members, lags):
			ready++
		case named || expected(row):
			pending = append(pending, row)
		}
	}
	for _, name := range types {
		if !seen[name] {
			pending = append(pending, spec.Info{Daemon: name, Phase: spec.PhaseStopped})
		}
	}
	return ready, pending
}

// lags says whether a member of a group ought to be ready and is not.
func lags(member spec.Info) bool {
	return !member.Ready && expected(member) && member.Phase != spec.PhaseUnavailable
}

// expected says whether a row that is not ready ought to be. What is desired of a daemon that has not been
// heard of yet is unknown, and most likely that it runs.
func expected(row spec.Info) bool {
	return row.Desired != spec.DesiredStop && row.Desired != spec.DesiredPause && row.Phase != spec.PhaseDisabled
}

// hopeful says whether a row can become ready without an operator.
func hopeful(row spec.Info) bool {
	return row.Phase != spec.PhaseFailed && row.Phase != spec.PhaseDisabled
}

func expired(ctx context.Context) bool { return errors.Is(ctx.Err(), context.DeadlineExceeded) }

// ended tells a deadline, which is the wait's own outcome, from an interruption.
func ended(ctx context.Context, outcome error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Cause(ctx)
	}
	return outcome
}
