package ledger

import (
	"context"
	"fmt"
	"time"
)

// Replication is an item and how many nodes can be relied on to have it.
type Replication struct {
	Item
	Replicas int64 `json:"replicas"`
}

// MissingOn lists the items that a node has no copy of, newest first. A suspect copy counts as none.
func (l *Ledger) MissingOn(ctx context.Context, node string, filter ItemFilter, page Page) (List[Item], error) {
	w := filter.where()
	w.add(`NOT EXISTS (SELECT 1 FROM holders h WHERE h.sha256 = items.sha256 AND h.node = ? AND h.state IN ('verified', 'unverified'))`, node)
	return l.items(ctx, "list items missing on "+node, w, page)
}

// UnderReplicated lists the items that fewer than want nodes can be relied on to have, newest first. A replica is
// a verified copy on a node that was seen within alive up to now and is not removed.
func (l *Ledger) UnderReplicated(ctx context.Context, want int, alive time.Duration, filter ItemFilter, page Page) (List[Replication], error) {
	if want < 1 {
		return List[Replication]{}, fmt.Errorf("list under-replicated items: want is %d: give at least 1: %w", want, ErrInvalid)
	}
	const replicas = `(SELECT COUNT(DISTINCT h.node) FROM holders h JOIN nodes n ON n.node_id = h.node
		WHERE h.sha256 = items.sha256 AND h.state = 'verified' AND n.desired <> 'removed' AND n.last_seen >= {now} - ?)`
	w := filter.where()
	w.add("counted.replicas < ?", want)
	w.args = append([]any{alive.Microseconds()}, w.args...) // it stands before the conditions
	return listing[Replication]{
		act:   "list under-replicated items",
		query: "SELECT " + itemColumns + ", replicas FROM (SELECT items.*, " + replicas + " AS replicas FROM items) AS counted",
		scan:  scanReplication,
		order: order{keys: []string{"created_at", "sha256"}, newest: true},
		key:   func(r Replication) []any { return []any{r.CreatedAt, r.SHA256} },
	}.part(ctx, l, w, page)
}

func scanReplication(r row) (p Replication, err error) {
	return p, r.Scan(&p.SHA256, &p.Role, &p.Name, &p.ConfigKey, &p.Bytes, &p.LogicalDigest, at(&p.CreatedAt), &p.Replicas)
}
