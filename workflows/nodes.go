package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// gatherDelay is how long news of nodes is gathered, so that a hundred that join at once are one signal to
// each group.
const gatherDelay = 200 * time.Millisecond

// onNode takes the word of a worker that serves a node. One that was removed stays so.
func (s *supervisor) onNode(ctx workflow.Context, node spec.Node) {
	known, _ := findNode(s.nodes, node.ID)
	node.Removed = known.Removed
	s.learn(ctx, node)
}

// onOrder removes a node, or takes one back with what its worker said last. One whose worker has said nothing
// joins when it does.
func (s *supervisor) onOrder(ctx workflow.Context, order spec.NodeOrder) {
	node, _ := findNode(s.nodes, order.ID)
	node.ID, node.Removed = order.ID, order.Removed
	if !node.Removed && node.Identity == "" {
		s.nodes = slices.DeleteFunc(slices.Clone(s.nodes), func(known spec.Node) bool { return known.ID == node.ID })
		return
	}
	s.learn(ctx, node)
}

// learn keeps what is known of a node; the groups hear of a new one, of new roles, and of its removal.
func (s *supervisor) learn(ctx workflow.Context, node spec.Node) {
	var changed bool
	if s.nodes, changed = withNode(s.nodes, node); !changed {
		return // the same node with a new process
	}
	s.news = append(s.news, node)
	if s.newsAt.IsZero() {
		s.newsAt = workflow.Now(ctx).Add(gatherDelay)
	}
	s.touch()
}

// tellGroups passes on what was gathered about nodes once it is time.
func (s *supervisor) tellGroups(ctx workflow.Context) {
	if s.newsAt.IsZero() || workflow.Now(ctx).Before(s.newsAt) {
		return
	}
	notice := spec.NodeNotice{Nodes: s.news}
	s.news, s.newsAt = nil, time.Time{}
	s.family.each(func(c *child) {
		if c.kind != spec.WorkflowGroup {
			return
		}
		c.input.Nodes = s.nodes
		if c.Existing {
			s.family.signal(ctx, c, spec.SignalNode, notice)
		}
	})
}

// members are the nodes that were not removed.
func (s *supervisor) members() []spec.Node {
	return slices.DeleteFunc(slices.Clone(s.nodes), func(node spec.Node) bool { return node.Removed })
}

// withNode returns the nodes with this one in the place of its former self, and whether that is news.
func withNode(nodes []spec.Node, node spec.Node) ([]spec.Node, bool) {
	nodes = slices.Clone(nodes)
	at := slices.IndexFunc(nodes, func(known spec.Node) bool { return known.ID == node.ID })
	if at < 0 {
		return append(nodes, node), true
	}
	changed := !slices.Equal(nodes[at].Roles, node.Roles) || nodes[at].Removed != node.Removed
	nodes[at] = node
	return nodes, changed
}

// findNode returns the node with an id.
func findNode(nodes []spec.Node, id string) (spec.Node, bool) {
	at := slices.IndexFunc(nodes, func(known spec.Node) bool { return known.ID == id })
	if at < 0 {
		return spec.Node{}, false
	}
	return nodes[at], true
}
