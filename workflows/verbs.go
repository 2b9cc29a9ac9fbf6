package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// obey carries out one command. It only changes what is wanted; settle does the rest.
func (d *daemon) obey(ctx workflow.Context, c *command) (spec.CommandResult, error) {
	if c.Cascade && d.in.Node != "" && workflow.GetVersion(ctx, "cascade-of-a-member", workflow.DefaultVersion, 1) >= 1 {
		return spec.CommandResult{}, fmt.Errorf("cascade reaches other daemons, so it is for %s on every node: leave out @%s", d.in.Spec.Type, d.in.Node)
	}
	switch c.verb {
	case spec.VerbStart:
		return d.obeyStart(ctx, c)
	case spec.VerbStop:
		return d.obeyStop(ctx, c)
	case spec.VerbRestart:
		return d.obeyRestart(ctx, c)
	case spec.VerbPause:
		return d.obeyPause(ctx, c)
	case spec.VerbResume:
		return d.obeyResume(c)
	case spec.VerbReset:
		return d.obeyReset()
	}
	return spec.CommandResult{}, fmt.Errorf("no such command: use one of %v", spec.Verbs())
}

// obeyed is called after each command, and shows a refusal where no caller waits for it.
func (d *daemon) obeyed(ctx workflow.Context, c *command) {
	if c.err == nil {
		d.actor, d.reason, d.lastCause = c.Actor, c.Reason, spec.CauseOperator
		d.log.refused = ""
	} else {
		d.log.refuse(ctx, c.verb, c.Actor, c.err)
	}
	d.touch()
}

func (d *daemon) obeyStart(ctx workflow.Context, c *command) (spec.CommandResult, error) {
	if d.run != nil && d.run.ready && d.wanted() {
		return d.accept("already running"), nil
	}
	var touched []spec.Type
	if c.Cascade && d.in.Parent != "" {
		var err error
		if touched, err = d.link.permit(ctx, c.verb, c.Command); err != nil {
			return spec.CommandResult{}, err
		}
	}
	d.intent.run()
	d.hurry()
	d.again()
	result := d.accept("will start")
	result.Touched = touched
	return result, nil
}

func (d *daemon) obeyStop(ctx workflow.Context, c *command) (spec.CommandResult, error) {
	var touched []spec.Type
	if d.in.HasDependents && d.in.Parent != "" && d.inUse(ctx) {
		var err error
		if touched, err = d.link.permit(ctx, c.verb, c.Command); err != nil {
			return spec.CommandResult{}, err
		}
	}
	d.intent.stop()
	result := d.accept("will stop")
	result.Touched = touched
	return result, nil
}

// inUse says whether the daemon runs, or will again without being asked: others may depend on it.
func (d *daemon) inUse(ctx workflow.Context) bool {
	between := d.wanted() && d.cleared && d.ended == ""
	return d.run != nil || between && workflow.GetVersion(ctx, "stop-between-two-runs", workflow.DefaultVersion, 1) >= 1
}

func (d *daemon) obeyRestart(ctx workflow.Context, c *command) (spec.CommandResult, error) {
	var touched []spec.Type
	if c.Cascade && d.in.HasDependents && d.in.Parent != "" {
		var err error
		if touched, err = d.link.permit(ctx, c.verb, c.Command); err != nil {
			return spec.CommandResult{}, err
		}
	}
	if d.run != nil {
		d.restart = true
		d.restarts[spec.CauseOperator]++
	}
	d.intent.run()
	d.again()
	result := d.accept("will restart")
	result.Touched = touched
	return result, nil
}

func (d *daemon) obeyPause(ctx workflow.Context, c *command) (spec.CommandResult, error) {
	if d.intent.stopped {
		return spec.CommandResult{}, errors.New("it is stopped, so there is nothing to pause: start it first")
	}
	reason, until, err := c.pause(workflow.Now(ctx))
	if err != nil {
		return spec.CommandResult{}, err
	}
	d.intent.pauses[reason] = until
	return d.accept("will pause"), nil
}

func (d *daemon) obeyResume(c *command) (spec.CommandResult, error) {
	if err := d.intent.resume(c.Reason); err != nil {
		return spec.CommandResult{}, err
	}
	if d.intent.desired() == spec.DesiredPause {
		return d.accept("pause lifted, others hold"), nil
	}
	return d.accept("will resume"), nil
}

// obeyReset gives the whole budget back and ends every wait, without touching what is wanted.
func (d *daemon) obeyReset() (spec.CommandResult, error) {
	d.hurry()
	d.forgive()
	d.restarts = map[spec.Cause]int{}
	d.again()
	return d.accept("counters cleared"), nil
}

// forgive gives the whole budget back.
func (d *daemon) forgive() {
	d.spent, d.exhausted, d.lastError = 0, false, ""
	d.regiven = d.run != nil
}

// hurry ends the server's wait before the next attempt.
func (d *daemon) hurry() {
	if d.run != nil && !d.nextTryAt.IsZero() {
		d.restart = true
	}
}

// again lets a daemon that has ended, or waits for its next try, go at once.
func (d *daemon) again() {
	d.ended, d.endedReason, d.absences = "", "", 0
	d.nextTryAt = time.Time{}
}

func (d *daemon) accept(message string) spec.CommandResult {
	if d.fleetDown {
		message += " once the fleet is up"
	}
	return spec.CommandResult{Phase: d.log.phase, Message: message}
}
