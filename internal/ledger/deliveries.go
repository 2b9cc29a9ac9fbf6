package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// DeliveryState is how far a delivery is.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryPending      DeliveryState = "pending"
	DeliveryTransferring DeliveryState = "transferring"
	DeliveryVerified     DeliveryState = "verified"
	DeliveryFailed       DeliveryState = "failed" // given up, until an operator or a new wish
)

// Delivery is the intent that an item gets to a node. It is there before the first byte.
type Delivery struct {
	SHA256   string        `json:"sha256"`
	Node     string        `json:"node"`
	State    DeliveryState `json:"state"`
	Priority int64         `json:"priority"` // higher first
	Attempts int64         `json:"attempts"`
	// BytesDone is how far the transfer was when it last told.
	BytesDone int64  `json:"bytes_done"`
	Error     string `json:"error,omitempty"` // of the last attempt
	// NextAt is when a pending one is tried, and when a transferring one counts as abandoned.
	NextAt     time.Time `json:"next_at"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
	VerifiedAt time.Time `json:"verified_at,omitzero"`
}

// DeliveryCount is how many deliveries to a node are in a state.
type DeliveryCount struct {
	Node  string        `json:"node"`
	State DeliveryState `json:"state"`
	Items int64         `json:"items"`
	Bytes int64         `json:"bytes"` // sizes of the items
}

const deliveryColumns = `sha256, node, state, priority, attempts, bytes_done, error, next_at, created_at, updated_at, verified_at`

// Want records that an item is to get to nodes, and returns how many of these wishes are new. A wish that is
// there stays as it is, done or not, but takes the higher priority.
func (s *Session) Want(ctx context.Context, sha256 string, priority int64, nodes ...string) (added int, err error) {
	act := "want item " + sha256
	err = firstError(hash("sha256", sha256), between("priority", priority, 0, 1000), count("nodes", len(nodes), maxLimit))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", act, err)
	}
	err = s.write(ctx, act, func(t *tx) error {
		added = 0
		if _, err := only(t.access, scanText, "SELECT sha256 FROM items WHERE sha256 = ?", sha256); err != nil {
			return err
		}
		for _, node := range slices.Sorted(slices.Values(nodes)) {
			inserted, err := t.exec("INSERT INTO deliveries ("+deliveryColumns+") VALUES (?, ?, 'pending', ?, 0, 0, '', ?, ?, ?, NULL) ON CONFLICT DO NOTHING",
				sha256, node, priority, micros(t.now), micros(t.now), micros(t.now))
			if err != nil {
				return err
			}
			added += inserted
			if _, err := t.exec("UPDATE deliveries SET priority = ? WHERE sha256 = ? AND node = ? AND priority < ?", priority, sha256, node, priority); err != nil {
				return err
			}
		}
		return nil
	})
	return added, err
}

// DueDeliveries returns what can be transferred now among nodes, up to 1000, abandoned transfers included: highest priority
// first, then longest due. At most limit, up to 1000. What waits for other nodes, be it for ever, hides nothing.
func (l *Ledger) DueDeliveries(ctx context.Context, among []string, limit int) ([]Delivery, error) {
	limit, err := Page{Limit: limit}.limit()
	if err := firstError(err, count("nodes", len(among), maxLimit)); err != nil || len(among) == 0 {
		return nil, wrap(ctx, err, "list due deliveries")
	}
	var w where
	w.add("state IN ('pending', 'transferring') AND next_at <= {now}") // in words, for the index
	w.in("node", among)
	w.add("EXISTS (SELECT 1 FROM holders h WHERE h.sha256 = deliveries.sha256 AND h.state <> 'gone' AND h.node IN ("+marks(len(among))+"))", anys(among)...)
	return readAll(ctx, l, "list due deliveries", scanDelivery, "SELECT "+deliveryColumns+" FROM deliveries"+w.text()+
		" ORDER BY priority DESC, next_at, sha256, node LIMIT ?", append(w.args, limit)...)
}

// Deliveries lists the deliveries of an item, or of all if it is empty, newest first.
func (l *Ledger) Deliveries(ctx context.Context, sha256 string, page Page) (List[Delivery], error) {
	var w where
	w.equal("sha256", sha256)
	return listing[Delivery]{
		act: "list deliveries", query: "SELECT " + deliveryColumns + " FROM deliveries", scan: scanDelivery,
		order: order{keys: []string{"created_at", "sha256", "node"}, newest: true},
		key:   func(d Delivery) []any { return []any{d.CreatedAt, d.SHA256, d.Node} },
	}.part(ctx, l, w, page)
}

// DeliveryCounts counts deliveries by node and state.
func (l *Ledger) DeliveryCounts(ctx context.Context) ([]DeliveryCount, error) {
	scan := func(r row) (c DeliveryCount, err error) { return c, r.Scan(&c.Node, &c.State, &c.Items, &c.Bytes) }
	return readAll(ctx, l, "count deliveries", scan, `SELECT d.node, d.state, COUNT(*), CAST(SUM(i.bytes) AS BIGINT) FROM deliveries d
		JOIN items i ON i.sha256 = d.sha256 GROUP BY d.node, d.state ORDER BY d.node, d.state`)
}

func scanDelivery(r row) (d Delivery, err error) {
	return d, r.Scan(&d.SHA256, &d.Node, &d.State, &d.Priority, &d.Attempts, &d.BytesDone, &d.Error, at(&d.NextAt), at(&d.CreatedAt),
		at(&d.UpdatedAt), at(&d.VerifiedAt))
}
