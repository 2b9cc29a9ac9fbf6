package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// advance starts every waiting child whose dependencies are ready, and notes for the others what they wait for.
func (s *supervisor) advance(ctx workflow.Context) {
	reveal := !s.revealAt.IsZero() && !workflow.Now(ctx).Before(s.revealAt)
	if reveal {
		s.revealAt = time.Time{}
	}
	s.family.each(func(c *child) {
		if !c.waiting || c.lost || !c.wanted {
			return
		}
		unmet := s.unmet(c)
		if len(unmet) == 0 {
			s.family.clear(ctx, c)
			return
		}
		s.block(ctx, c, unmet)
		if reveal && !c.Existing {
			s.family.start(ctx, c, false)
		}
	})
}

// block tells a child what it waits for, whenever that changes.
func (s *supervisor) block(ctx workflow.Context, c *child, unmet []spec.Type) {
	if !c.Existing {
		c.Phase = spec.PhaseBlocked
		if s.revealAt.IsZero() {
			s.revealAt = workflow.Now(ctx).Add(revealDelay)
		}
	}
	if fmt.Sprint(c.BlockedOn) == fmt.Sprint(unmet) {
		return
	}
	c.BlockedOn = unmet
	if c.Existing {
		s.family.signal(ctx, c, spec.SignalBlocked, spec.Blocked{On: unmet})
	}
}

// unmet lists the dependencies of a child that are not ready as their rows are now. One that is to restart for its new
// program also waits for those further away that do.
func (s *supervisor) unmet(c *child) []spec.Type {
	var unmet []spec.Type
	for _, dependency := range c.input.Spec.DependsOn {
		if on, found := s.family.children[spec.WorkflowID(dependency, "")]; !found || !on.ready() {
			unmet = append(unmet, dependency)
		}
	}
	if !c.outdated || len(unmet) > 0 {
		return unmet
	}
	for _, on := range s.closure(c, s.dependencies) {
		if on.outdated || on.Phase == spec.PhaseStarting {
			unmet = append(unmet, on.input.Spec.Type)
		}
	}
	return unmet
}

func (s *supervisor) onAsk(ask spec.Ask) {
	if c, found := s.family.children[ask.ID]; found {
		c.waiting, c.BlockedOn, c.Existing = true, nil, true
		c.Phase = spec.PhaseBlocked
	}
}

// liveDependents lists the running daemons that need a child, directly or not, nearest layer first. What a completed
// daemon has done with the child is still in use by those that waited for it, as the tables of a migration are.
func (s *supervisor) liveDependents(ctx workflow.Context, c *child) [][]*child {
	behindCompleted := workflow.GetVersion(ctx, "dependents-behind-completed", workflow.DefaultVersion, 1) >= 1
	depth := map[string]int{}
	var visit func(of *child, at int)
	visit = func(of *child, at int) {
		for _, dependent := range s.dependents(of) {
			leads := needs(ctx, dependent) || behindCompleted && dependent.Phase == spec.PhaseCompleted
			if leads && depth[dependent.ID] < at {
				depth[dependent.ID] = at
				visit(dependent, at+1)
			}
		}
	}
	visit(c, 1)
	layers := make([][]*child, len(s.family.order)) // a path is no longer than there are children
	s.family.each(func(c *child) {
		if at := depth[c.ID]; at > 0 && needs(ctx, c) {
			layers[at-1] = append(layers[at-1], c)
		}
	})
	return slices.DeleteFunc(layers, func(layer []*child) bool { return len(layer) == 0 })
}

// needs says whether a child uses its dependencies, or may: of one that does not answer nobody knows.
func needs(ctx workflow.Context, c *child) bool {
	return c.Phase.Live() || c.lost && workflow.GetVersion(ctx, "silent-dependents", workflow.DefaultVersion, 1) >= 1
}

func (s *supervisor) dependents(of *child) []*child {
	var found []*child
	s.family.each(func(c *child) {
		for _, dependency := range c.input.Spec.DependsOn {
			if dependency == of.input.Spec.Type {
				found = append(found, c)
			}
		}
	})
	return found
}

func (s *supervisor) dependencies(of *child) []*child {
	var found []*child
	for _, dependency := range of.input.Spec.DependsOn {
		if c, ok := s.family.children[spec.WorkflowID(dependency, "")]; ok {
			found = append(found, c)
		}
	}
	return found
}

// closure follows next from a child, without the child itself, each once.
func (s *supervisor) closure(from *child, next func(*child) []*child) []*child {
	seen := map[string]bool{from.ID: true}
	var all []*child
	for frontier := next(from); len(frontier) > 0; {
		c := frontier[0]
		frontier = frontier[1:]
		if seen[c.ID] {
			continue
		}
		seen[c.ID] = true
		all = append(all, c)
		frontier = append(frontier, next(c)...)
	}
	return all
}

// layers orders the children that are picked for stopping: nobody stops before those that depend on it.
func (s *supervisor) layers(picked func(*child) bool) [][]string {
	height := map[string]int{} // 0 for a daemon that nothing depends on
	var measure func(c *child) int
	measure = func(c *child) int {
		if known, found := height[c.ID]; found {
			return known
		}
		height[c.ID] = 0 // the registry has no cycles; this keeps a broken one from recursing for ever
		tallest := 0
		for _, dependent := range s.dependents(c) {
			tallest = max(tallest, measure(dependent)+1)
		}
		height[c.ID] = tallest
		return tallest
	}
	var layers [][]string
	s.family.each(func(c *child) {
		if !picked(c) {
			return
		}
		at := measure(c)
		for len(layers) <= at {
			layers = append(layers, nil)
		}
		layers[at] = append(layers[at], c.ID)
	})
	return layers
}

// anyLive says whether one of a layer that was told to stop may still run: one that did not answer has to tell.
func anyLive(layer []*child) bool {
	return slices.ContainsFunc(layer, func(c *child) bool {
		return c.Phase.Live() || c.lost && c.Phase == spec.PhaseUnavailable
	})
}

func types(layers [][]*child) []spec.Type {
	var all []spec.Type
	for _, layer := range layers {
		for _, c := range layer {
			all = append(all, c.input.Spec.Type)
		}
	}
	return all
}

func names(types []spec.Type) string {
	texts := make([]string, len(types))
	for i, t := range types {
		texts[i] = string(t)
	}
	return strings.Join(texts, ", ")
}
