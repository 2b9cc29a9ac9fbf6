package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// up makes the fleet exactly what is requested. It returns when the plan is taken; readiness shows in status.
func (s *supervisor) up(ctx workflow.Context, request spec.UpRequest) (spec.FleetStatus, error) {
	if err := s.mutex.Lock(ctx); err != nil {
		return spec.FleetStatus{}, err
	}
	defer s.mutex.Unlock()
	defer s.touch()
	if owner := s.request.Installation; owner != "" && owner != request.Installation {
		return spec.FleetStatus{}, refusal("installation: this namespace belongs to installation %s, not to %s: use the data folder of the former, or another namespace", owner, request.Installation)
	}
	stopsFirst := workflow.GetVersion(ctx, "stop-before-start", workflow.DefaultVersion, 1) >= 1
	if stopsFirst {
		s.retire(ctx, request.Daemons)
	}
	s.keep(request)
	unknown := s.enrol(ctx)
	if stopsFirst {
		for _, id := range unknown {
			s.family.children[id].waiting = false // until the census: it may have been stopped before it was removed
		}
	}
	if err := s.family.census(ctx, unknown, len(unknown) == len(s.family.order)); err != nil {
		return spec.FleetStatus{}, err
	}
	if !stopsFirst {
		s.stopUnwanted(ctx)
		s.dismiss(ctx, func(c *child) bool { return c.input.Spec.Program != nil })
	}
	s.fleet = spec.FleetUp
	return s.status(), nil
}

// retire ends what a plan names no more, or with another scope, before anything that is new starts: a program that was
// renamed must not meet its former self.
func (s *supervisor) retire(ctx workflow.Context, plan []spec.Daemon) {
	kinds := map[string]string{}
	for _, daemon := range plan {
		kinds[spec.WorkflowID(daemon.Type, "")] = kindOf(daemon)
	}
	s.family.each(func(c *child) { c.wanted = kinds[c.ID] == c.kind })
	s.stopUnwanted(ctx)
	s.dismiss(ctx, func(c *child) bool { return c.input.Spec.Program != nil || kinds[c.ID] != "" })
}

// stopUnwanted stops, in order, what the plan does not name.
func (s *supervisor) stopUnwanted(ctx workflow.Context) {
	s.family.stop(ctx, s.layers(func(c *child) bool { return !c.wanted && c.Existing }))
}

// keep takes a request, and keeps the file that another one replaces.
func (s *supervisor) keep(request spec.UpRequest) {
	old := s.request.Applied
	if old != nil && request.Applied != nil && old.Digest != request.Applied.Digest {
		s.before = old
	}
	s.request = request
}

// enrol makes every requested daemon a child and returns the ids of the new ones.
func (s *supervisor) enrol(ctx workflow.Context) []string {
	dependents := map[spec.Type]bool{}
	for _, daemon := range s.request.Daemons {
		for _, dependency := range daemon.DependsOn {
			dependents[dependency] = true
		}
	}
	s.family.each(func(c *child) { c.wanted = false })
	var added []string
	for _, daemon := range s.request.Daemons {
		id := spec.WorkflowID(daemon.Type, "")
		kind := kindOf(daemon)
		input := spec.DaemonInput{Spec: daemon, Parent: spec.SupervisorID, HasDependents: dependents[daemon.Type]}
		if kind == spec.WorkflowGroup {
			input.Nodes = s.nodes
		}
		known, found := s.family.children[id]
		changed := found && (known.input.Spec.Digest() != daemon.Digest() || gainsDependents(ctx, known, input))
		outdated := found && known.Existing && (known.outdated || !alike(ctx, known.input.Spec.Program, daemon.Program))
		child := s.family.add(ctx, id, kind, input)
		child.wanted = true
		child.outdated = outdated
		if child.Existing && (outdated || !child.Phase.Ready()) {
			child.waiting = true // it is cleared in its turn
		}
		if !found {
			added = append(added, id)
		} else if changed && child.Existing && !child.waiting {
			s.family.clear(ctx, child) // it takes the new row at its next start
		}
	}
	return added
}

// kindOf is the type of the workflow that a daemon has.
func kindOf(daemon spec.Daemon) string {
	if daemon.Scope == spec.ScopeNode {
		return spec.WorkflowGroup
	}
	return spec.WorkflowDaemon
}

// gainsDependents says that a child has to ask from now on before it stops, or need not any more.
func gainsDependents(ctx workflow.Context, known *child, input spec.DaemonInput) bool {
	return known.input.HasDependents != input.HasDependents &&
		workflow.GetVersion(ctx, "dependents-are-told-of", workflow.DefaultVersion, 1) >= 1
}

// dismiss ends workflows that are not wanted for good: of command daemons that are in no file any more, which nothing else
// names, and of daemons that get one of another kind.
func (s *supervisor) dismiss(ctx workflow.Context, leaves func(*child) bool) {
	for _, id := range slices.Clone(s.family.order) {
		c := s.family.children[id]
		if c.wanted || !leaves(c) {
			continue
		}
		s.family.forget(id)
		if c.Existing {
			// One that is gone already is told nothing; it is known no more in either case.
			_ = s.family.signal(ctx, c, spec.SignalDismiss, nil).Get(ctx, nil)
		}
	}
}

// down stops the whole fleet, dependents first, layer by layer, and reports every outcome. What the
// operator wants of each daemon stays as it is.
func (s *supervisor) down(ctx workflow.Context, _ spec.Command) (spec.DownResult, error) {
	if err := s.mutex.Lock(ctx); err != nil {
		return spec.DownResult{}, err
	}
	defer s.mutex.Unlock()
	defer s.touch()
	s.fleet, s.revealAt = spec.FleetDown, time.Time{}
	result := spec.DownResult{}
	layers := s.layers(func(*child) bool { return true })
	outcomes := s.family.stop(ctx, layers)
	for _, layer := range layers {
		for _, id := range layer {
			daemon, node, _ := spec.ParseWorkflowID(id)
			result.Outcomes = append(result.Outcomes, spec.DaemonStop{Daemon: daemon, Node: node, Outcome: outcomes[id]})
		}
	}
	return result, nil
}
