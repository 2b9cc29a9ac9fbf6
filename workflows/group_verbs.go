package workflows

import (
	"errors"

	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// obey changes the group's intent and passes the command on to every member.
func (g *group) obey(ctx workflow.Context, c *command) (spec.CommandResult, error) {
	touched, err := g.permit(ctx, c)
	if err != nil {
		return spec.CommandResult{}, err
	}
	switch c.verb {
	case spec.VerbStart, spec.VerbRestart:
		g.intent.run()
	case spec.VerbStop:
		g.intent.stop()
		g.cleared = false
	case spec.VerbPause:
		if g.intent.stopped {
			return spec.CommandResult{}, errors.New("it is stopped, so there is nothing to pause: start it first")
		}
		reason, until, err := c.pause(workflow.Now(ctx))
		if err != nil {
			return spec.CommandResult{}, err
		}
		g.intent.pauses[reason] = until
	case spec.VerbResume:
		if err := g.intent.resume(c.Reason); err != nil {
			return spec.CommandResult{}, err
		}
	}
	g.forward(ctx, c)
	return spec.CommandResult{Phase: g.log.phase, Message: "passed on to every node", Touched: touched}, nil
}

func (g *group) obeyed(ctx workflow.Context, c *command) {
	if c.err == nil {
		g.actor, g.reason, g.log.refused = c.Actor, c.Reason, ""
	} else {
		g.log.refuse(ctx, c.verb, c.Actor, c.err)
	}
	g.touch()
}

// permit asks the parent where a command concerns more than this type.
func (g *group) permit(ctx workflow.Context, c *command) ([]spec.Type, error) {
	asks := c.Cascade && (c.verb == spec.VerbStart || c.verb == spec.VerbRestart)
	if c.verb == spec.VerbStop && g.in.HasDependents {
		asks = true
	}
	if !asks || g.in.Parent == "" {
		return nil, nil
	}
	return g.link.permit(ctx, c.verb, c.Command)
}

// forward signals the members and waits until the server has taken each, so that the next command cannot
// overtake this one. What they cannot obey they refuse by themselves.
func (g *group) forward(ctx workflow.Context, c *command) {
	payload := c.Command
	payload.Cascade = false
	var sent []workflow.Future
	begins := c.verb == spec.VerbRestart && workflow.GetVersion(ctx, "group-restarts", workflow.DefaultVersion, 1) >= 1
	g.family.each(func(member *child) {
		if begins && member.Phase == spec.PhaseRunning {
			member.Phase = spec.PhaseStarting // until its host reports the new attempt; only then the group is ready anew
		}
		member.input.Carry = &spec.Carry{Desired: g.intent.desired(), Pauses: g.intent.pauses}
		if member.Existing {
			sent = append(sent, g.family.signal(ctx, member, string(c.verb), payload))
		}
	})
	for _, future := range sent {
		_ = future.Get(ctx, nil) // a member that is gone is healed with the group's intent
	}
}
