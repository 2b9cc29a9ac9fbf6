package control

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Target names one daemon, or with a node one member of a group.
type Target struct {
	Type spec.Type
	Node string
}

// TargetOf is the target that a row of the status describes.
func TargetOf(info spec.Info) Target { return Target{Type: info.Daemon, Node: info.Node} }

// String is TYPE or TYPE@node.
func (t Target) String() string {
	if t.Node == "" {
		return string(t.Type)
	}
	return string(t.Type) + "@" + t.Node
}

// WorkflowID is the id of the target's workflow.
func (t Target) WorkflowID() string { return spec.WorkflowID(t.Type, t.Node) }

// Info asks a daemon, a group or a member for its state.
func (c *Client) Info(ctx context.Context, target Target) (spec.Info, error) {
	var info spec.Info
	err := c.query(ctx, target.WorkflowID(), spec.QueryInfo, &info)
	if notFound(err) {
		return info, c.missing(ctx, target)
	}
	if err == nil {
		c.overlayMembers(ctx, []*spec.Info{&info}, everyone)
	}
	return info, err
}

// Do commands a daemon and waits until it has answered. A *RefusedError says why it did not obey.
func (c *Client) Do(ctx context.Context, target Target, verb spec.Verb, command spec.Command) (spec.CommandResult, error) {
	var result spec.CommandResult
	act := fmt.Sprintf("%s %s", verb, target)
	err := c.update(ctx, act, target.WorkflowID(), string(verb), c.signed(command), &result)
	if notFound(err) {
		return result, c.missing(ctx, target)
	}
	return result, err
}

// missing says why a daemon has no workflow: the fleet is not up, or the daemon is not part of it.
func (c *Client) missing(ctx context.Context, target Target) error {
	if err := c.running(ctx); err != nil {
		return err
	}
	return &UnknownDaemonError{Target: target}
}
