package workflows

import (
	"fmt"
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
	s.request = request
	unknown := s.enrol(ctx)
	if err := s.family.census(ctx, unknown, len(unknown) == len(s.family.order)); err != nil {
		return spec.FleetStatus{}, err
	}
	s.family.stop(ctx, s.layers(func(c *child) bool { return !c.wanted && c.Existing }))
	s.fleet = spec.FleetUp
	return s.status(), nil
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
		kind := spec.WorkflowDaemon
		input := spec.DaemonInput{Spec: daemon, Parent: spec.SupervisorID, HasDependents: dependents[daemon.Type]}
		if daemon.Scope == spec.ScopeNode {
			kind, input.Nodes = spec.WorkflowGroup, s.nodes
		}
		known, found := s.family.children[id]
		changed := found && fmt.Sprint(known.input.Spec) != fmt.Sprint(daemon) // maps print in order
		child := s.family.add(ctx, id, kind, input)
		child.wanted = true
		if child.Existing && !child.Phase.Ready() {
			child.waiting = true
		}
		if !found {
			added = append(added, id)
		} else if changed && child.Existing && child.Phase.Ready() {
			s.family.clear(ctx, child) // it takes the new row at its next start
		}
	}
	return added
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
