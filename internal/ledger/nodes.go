package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Desired is what operators want of a node. Nothing else changes it.
type Desired string

// What operators can want of a node.
const (
	NodeActive   Desired = "active"
	NodeCordoned Desired = "cordoned" // no new jobs
	NodeDraining Desired = "draining" // no new jobs, and those it has move away
	NodeRemoved  Desired = "removed"  // no member any more
)

// NodeHealth is what is known about a node.
type NodeHealth string

// The states of a node's health. Unknown is none of the others.
const (
	NodeUnknown   NodeHealth = "unknown"
	NodeHealthy   NodeHealth = "healthy"
	NodeSuspect   NodeHealth = "suspect"
	NodeUnhealthy NodeHealth = "unhealthy"
	NodeEvicted   NodeHealth = "evicted" // gets no work
	NodeOffline   NodeHealth = "offline"
)

// NodeReport is what a node says of itself.
type NodeReport struct {
	ID        string            `json:"node_id"`
	Roles     []string          `json:"roles"`
	Labels    []string          `json:"labels"`
	Addresses map[string]string `json:"addresses"` // by purpose, such as data or membership
	Capacity  json.RawMessage   `json:"capacity,omitempty"`
	Version   string            `json:"version"` // of its build
}

// Node is a node and what is known and wanted of it.
type Node struct {
	NodeReport
	Desired       Desired    `json:"desired"`
	DesiredBy     string     `json:"desired_by,omitempty"`
	DesiredReason string     `json:"desired_reason,omitempty"`
	DesiredAt     time.Time  `json:"desired_at"`
	Health        NodeHealth `json:"health"`
	HealthReason  string     `json:"health_reason,omitempty"`
	HealthAt      time.Time  `json:"health_at"` // since when
	JoinedAt      time.Time  `json:"joined_at"`
	LastSeen      time.Time  `json:"last_seen"`
}

const nodeColumns = `node_id, roles, labels, addresses, capacity, version, desired, desired_by, desired_reason, desired_at,
	health, health_reason, health_at, joined_at, last_seen`

// NodeSeen records what a node says of itself, and that it lives. A new node is active with unknown health; what
// operators want and what is known of its health stay as they are.
func (s *Session) NodeSeen(ctx context.Context, r NodeReport) error {
	act := "record node " + r.ID
	err := firstError(text("node_id", r.ID), count("roles", len(r.Roles), maxListed), count("labels", len(r.Labels), maxListed),
		count("addresses", len(r.Addresses), maxListed), document("capacity", r.Capacity), short("version", r.Version))
	if err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	if r.Addresses == nil {
		r.Addresses = map[string]string{}
	}
	return s.write(ctx, act, func(t *tx) error {
		now := micros(t.now)
		_, err := t.exec("INSERT INTO nodes ("+nodeColumns+`) VALUES (?, ?, ?, ?, ?, ?, 'active', '', '', ?, 'unknown', '', ?, ?, ?)
			ON CONFLICT (node_id) DO UPDATE SET roles = excluded.roles, labels = excluded.labels, addresses = excluded.addresses,
			capacity = excluded.capacity, version = excluded.version, last_seen = excluded.last_seen`,
			r.ID, texts(r.Roles), texts(r.Labels), asJSON(r.Addresses), string(r.Capacity), r.Version, now, now, now, now)
		return err
	})
}

// SetDesired records what an operator wants of a node.
func (s *Session) SetDesired(ctx context.Context, node string, desired Desired, actor, reason string) error {
	act := fmt.Sprintf("set node %s %s", node, desired)
	switch desired {
	case NodeActive, NodeCordoned, NodeDraining, NodeRemoved:
	default:
		return fmt.Errorf("%s: give active, cordoned, draining or removed: %w", act, ErrInvalid)
	}
	return s.updateNode(ctx, act, "desired = ?, desired_by = ?, desired_reason = ?, desired_at = ?", node,
		func(now time.Time) []any { return []any{string(desired), cut(actor), cut(reason), micros(now)} })
}

// SetHealth records what is known about a node; HealthAt moves when the state changes.
func (s *Session) SetHealth(ctx context.Context, node string, health NodeHealth, reason string) error {
	act := fmt.Sprintf("set health of node %s to %s", node, health)
	switch health {
	case NodeUnknown, NodeHealthy, NodeSuspect, NodeUnhealthy, NodeEvicted, NodeOffline:
	default:
		return fmt.Errorf("%s: give unknown, healthy, suspect, unhealthy, evicted or offline: %w", act, ErrInvalid)
	}
	return s.updateNode(ctx, act, "health_at = CASE WHEN health = ? THEN health_at ELSE ? END, health = ?, health_reason = ?", node,
		func(now time.Time) []any { return []any{string(health), micros(now), string(health), cut(reason)} })
}

func (s *Session) updateNode(ctx context.Context, act, assignments, node string, args func(now time.Time) []any) error {
	return s.write(ctx, act, func(t *tx) error {
		updated, err := t.exec("UPDATE nodes SET "+assignments+" WHERE node_id = ?", append(args(t.now), node)...)
		if err == nil && updated == 0 {
			err = ErrNotFound
		}
		return err
	})
}

// Node returns one node, or ErrNotFound.
func (l *Ledger) Node(ctx context.Context, id string) (Node, error) {
	return readOne(ctx, l, "find node "+id, scanNode, "SELECT "+nodeColumns+" FROM nodes WHERE node_id = ?", id)
}

// Nodes returns all nodes, removed ones too, by id, at most 1000.
func (l *Ledger) Nodes(ctx context.Context) ([]Node, error) {
	return readAll(ctx, l, "list nodes", scanNode, "SELECT "+nodeColumns+" FROM nodes ORDER BY node_id LIMIT ?", maxLimit)
}

func scanNode(r row) (n Node, err error) {
	return n, r.Scan(&n.ID, list(&n.Roles), list(&n.Labels), fromJSON(&n.Addresses), fromJSON(&n.Capacity), &n.Version,
		&n.Desired, &n.DesiredBy, &n.DesiredReason, at(&n.DesiredAt), &n.Health, &n.HealthReason, at(&n.HealthAt), at(&n.JoinedAt), at(&n.LastSeen))
}
