package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// onNode takes word of a node, and keeps it for the next run of this workflow.
func (g *group) onNode(ctx workflow.Context, node spec.Node) {
	was, _ := findNode(g.in.Nodes, node.ID)
	g.in.Nodes, _ = withNode(g.in.Nodes, node)
	g.join(ctx, node)
	if c, found := g.family.children[spec.WorkflowID(g.in.Spec.Type, node.ID)]; found && was.Removed && !c.Existing {
		c.lost = true // what its dismissed predecessor counted goes on
	}
}

// join gives a node its member, with the group's intent, and stops the member of a node that has lost
// the role. That of a removed node is known until settle dismisses it.
func (g *group) join(ctx workflow.Context, node spec.Node) {
	id := spec.WorkflowID(g.in.Spec.Type, node.ID)
	if !node.Removed && !node.Has(g.in.Spec.Roles) {
		if c, found := g.family.children[id]; found && c.wanted {
			c.wanted = false
			g.family.hold(ctx, []string{id})
		}
		return
	}
	input := spec.DaemonInput{
		Spec: g.in.Spec, Node: node.ID, Parent: g.self,
		Carry: &spec.Carry{Desired: g.intent.desired(), Pauses: g.intent.pauses},
	}
	c := g.family.add(ctx, id, spec.WorkflowDaemon, input)
	if !node.Removed && !c.wanted {
		c.waiting = true
	}
	c.wanted = !node.Removed
	g.dirty = true
}

// passOn makes the group's new row that of the members, and its roles decide anew which nodes have one.
func (g *group) passOn(ctx workflow.Context) {
	for _, node := range g.in.Nodes {
		g.join(ctx, node)
	}
	g.family.each(func(c *child) {
		if c.wanted && c.Existing && !c.waiting { // the others are cleared in their turn
			g.family.clear(ctx, c)
		}
	})
}

// dismiss ends the members of removed nodes, or all if the group itself was dismissed, for good and forgets them,
// unless they are just being stopped.
func (g *group) dismiss(ctx workflow.Context) {
	if g.holding {
		return
	}
	for _, node := range g.in.Nodes {
		c, found := g.family.children[spec.WorkflowID(g.in.Spec.Type, node.ID)]
		if !found || !(node.Removed || g.dismissed) {
			continue
		}
		g.family.forget(c.ID)
		if c.Existing {
			g.seeOff(ctx, g.family.signal(ctx, c, spec.SignalDismiss, nil))
		}
	}
}

// seeOff keeps the run from ending before a dismissed member has heard of it, or is found to be gone.
func (g *group) seeOff(ctx workflow.Context, told workflow.Future) {
	g.leaving++
	workflow.Go(ctx, func(ctx workflow.Context) {
		_ = told.Get(ctx, nil)
		g.leaving--
		g.touch()
	})
}
