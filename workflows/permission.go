package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// cascadeTimeout bounds the wait for one layer of a cascade, unless its daemons may take longer.
const cascadeTimeout = time.Minute

// onPermission decides about a command that concerns a child's dependents or dependencies.
func (s *supervisor) onPermission(ctx workflow.Context, request spec.PermissionRequest) {
	answer := spec.PermissionAnswer{Request: request.Request}
	c, found := s.family.children[request.ID]
	switch {
	case !found: // not of this fleet: nobody depends on it
	case request.Verb == spec.VerbStop:
		answer.Touched, answer.Refused = s.stopDependents(ctx, c, request)
	case request.Verb == spec.VerbStart:
		answer.Touched = s.startDependencies(ctx, c, request.Command)
	case request.Verb == spec.VerbRestart:
		answer.Touched = s.restartDependents(ctx, c, request.Command)
	}
	// A run that ended before the server has taken the answer would take it along. A child that is gone waits for none.
	_ = workflow.SignalExternalWorkflow(ctx, request.ID, "", spec.SignalAnswer, answer).Get(ctx, nil)
}

func (s *supervisor) stopDependents(ctx workflow.Context, c *child, request spec.PermissionRequest) ([]spec.Type, string) {
	command := request.Command
	layers := s.liveDependents(ctx, c)
	if len(layers) == 0 {
		return nil, ""
	}
	touched := types(layers)
	if !command.Cascade {
		return nil, fmt.Sprintf("%s run and depend on it: stop them first, or use cascade", names(touched))
	}
	limits := stopLimits(ctx, layers, request)
	for i := len(layers) - 1; i >= 0; i-- {
		s.signalLayer(ctx, layers[i], spec.VerbStop, c, command)
		stopped, err := awaitWithin(ctx, limits[i], func() bool { return !anyLive(layers[i]) })
		if err != nil || !stopped {
			return touched, fmt.Sprintf("%s did not stop within %s", names(types(layers[i:i+1])), limits[i])
		}
	}
	return touched, ""
}

// stopLimits is how long each layer may take to stop. Who waits for the answer is told if that is longer than it would.
func stopLimits(ctx workflow.Context, layers [][]*child, request spec.PermissionRequest) []time.Duration {
	limits, all := make([]time.Duration, len(layers)), time.Duration(0)
	for i, layer := range layers {
		limits[i] = cascadeLimit(ctx, layer, stopLimit)
		all += limits[i]
	}
	if all >= permissionTimeout && patient(ctx) {
		patience := spec.Patience{Request: request.Request, Within: all + permissionTimeout}
		// Waited for, or the answer might overtake it. One that is gone waits for nothing.
		_ = workflow.SignalExternalWorkflow(ctx, request.ID, "", spec.SignalPatience, patience).Get(ctx, nil)
	}
	return limits
}

// patient says that a cascade waits for the slowest, unless it has begun when none did.
func patient(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "cascade-waits-for-the-slowest", workflow.DefaultVersion, 1) >= 1
}

// cascadeLimit is how long a layer of a cascade is waited for: as long as the slowest of it may take, and what is said
// around it.
func cascadeLimit(ctx workflow.Context, layer []*child, takes func(spec.Daemon) time.Duration) time.Duration {
	limit := cascadeTimeout
	for _, c := range layer {
		limit = max(limit, takes(c.input.Spec)+2*stopMargin)
	}
	if limit > cascadeTimeout && !patient(ctx) {
		return cascadeTimeout
	}
	return limit
}

func stopLimit(row spec.Daemon) time.Duration { return row.StopTimeout }

func restartLimit(row spec.Daemon) time.Duration { return row.StopTimeout + row.ReadyTimeout }

func (s *supervisor) startDependencies(ctx workflow.Context, c *child, command spec.Command) []spec.Type {
	var idle []*child
	for _, dependency := range s.closure(c, s.dependencies) {
		if !dependency.Phase.Live() && !dependency.Phase.Ready() && dependency.Existing {
			idle = append(idle, dependency)
		}
	}
	s.signalLayer(ctx, idle, spec.VerbStart, c, command)
	return types([][]*child{idle})
}

// restartDependents bounces the dependents, layer by layer, once the child itself is ready again.
func (s *supervisor) restartDependents(ctx workflow.Context, c *child, command spec.Command) []spec.Type {
	layers := s.liveDependents(ctx, c)
	before := c.Epoch
	s.inBackground(ctx, func(ctx workflow.Context) {
		await := func(layer []*child, condition func() bool) bool {
			met, err := awaitWithin(ctx, cascadeLimit(ctx, layer, restartLimit), condition)
			return err == nil && met
		}
		if !await([]*child{c}, func() bool { return c.Phase.Ready() && c.Epoch > before }) {
			return
		}
		for _, layer := range layers {
			epochs := make([]int64, len(layer))
			for i, dependent := range layer {
				epochs[i] = dependent.Epoch
			}
			s.signalLayer(ctx, layer, spec.VerbRestart, c, command)
			await(layer, func() bool {
				for i, dependent := range layer {
					if dependent.Epoch == epochs[i] {
						return false
					}
				}
				return true
			})
		}
	})
	return types(layers)
}

func (s *supervisor) signalLayer(ctx workflow.Context, layer []*child, verb spec.Verb, origin *child, command spec.Command) {
	reason := "cascade from " + string(origin.input.Spec.Type)
	if command.Reason != "" {
		reason += ": " + command.Reason
	}
	for _, c := range layer {
		s.family.signal(ctx, c, string(verb), spec.Command{Reason: reason, Actor: command.Actor})
	}
}
