package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// command is one verb on its way through a queue.
type command struct {
	verb spec.Verb
	spec.Command
	done   bool
	result spec.CommandResult
	err    error
}

// pause reads the lease that a pause command asks for.
func (c *command) pause(now time.Time) (reason string, until time.Time, err error) {
	reason = c.Reason
	if reason == "" {
		reason = "operator"
	}
	if c.For == "" {
		return reason, time.Time{}, nil
	}
	length, err := time.ParseDuration(c.For)
	if err != nil || length <= 0 {
		return "", time.Time{}, fmt.Errorf("for %q is not a positive duration: write it as 30m or 1h30m", c.For)
	}
	return reason, now.Add(length), nil
}

// queue obeys commands one after the other, in order of arrival: the last intent wins.
type queue struct {
	pending []*command
	busy    bool
	// before takes the signals that came earlier than an update: the SDK runs updates first.
	before func(workflow.Context)
}

func (q *queue) idle() bool { return !q.busy && len(q.pending) == 0 }

func (q *queue) add(verb spec.Verb, payload spec.Command, defaultActor string) *command {
	if payload.Actor == "" {
		payload.Actor = defaultActor
	}
	added := &command{verb: verb, Command: payload}
	q.pending = append(q.pending, added)
	return added
}

// serve runs until the workflow ends. after is called for every command that was obeyed or refused.
func (q *queue) serve(ctx workflow.Context, obey func(workflow.Context, *command) (spec.CommandResult, error), after func(workflow.Context, *command)) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			if workflow.Await(ctx, func() bool { return len(q.pending) > 0 }) != nil {
				return
			}
			next := q.pending[0]
			q.pending, q.busy = q.pending[1:], true
			next.result, next.err = obey(ctx, next)
			q.busy, next.done = false, true
			after(ctx, next)
		}
	})
}

// take queues a command that came by signal; its payload is optional.
func (q *queue) take(m message) error {
	if !slices.Contains(spec.Verbs(), spec.Verb(m.name)) {
		return fmt.Errorf("no such signal: send one of %v", spec.Verbs())
	}
	return take(m, func(payload spec.Command) { q.add(spec.Verb(m.name), payload, "signal") })
}

// expose makes every verb an update that answers accepted, or refused because, and the state queries.
func (q *queue) expose(ctx workflow.Context, info func() spec.Info, carry func() spec.Carry) error {
	if err := workflow.SetQueryHandler(ctx, spec.QueryInfo, func() (spec.Info, error) { return info(), nil }); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, spec.QueryCarry, func() (spec.Carry, error) { return carry(), nil }); err != nil {
		return err
	}
	for _, verb := range spec.Verbs() {
		handle := func(ctx workflow.Context, payload spec.Command) (spec.CommandResult, error) {
			q.before(ctx)
			added := q.add(verb, payload, "update")
			if err := workflow.Await(ctx, func() bool { return added.done }); err != nil {
				return spec.CommandResult{}, err
			}
			if added.err != nil {
				return spec.CommandResult{}, temporal.NewNonRetryableApplicationError(added.err.Error(), spec.ErrorRefused, nil)
			}
			return added.result, nil
		}
		if err := workflow.SetUpdateHandler(ctx, string(verb), handle); err != nil {
			return err
		}
	}
	return nil
}
