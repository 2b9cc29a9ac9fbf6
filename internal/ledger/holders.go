package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// HolderState is what is known about a copy.
type HolderState string

// The states of a copy.
const (
	CopyVerified   HolderState = "verified"   // its bytes were read and have the hash
	CopyUnverified HolderState = "unverified" // the node says it has it
	CopySuspect    HolderState = "suspect"    // something is wrong with it
	CopyGone       HolderState = "gone"       // it is no longer there
)

// MaxHoldings is how many copies one call of ReportHoldings takes.
const MaxHoldings = 1000

// Holder is a copy of an item on a node.
type Holder struct {
	SHA256     string      `json:"sha256"`
	Node       string      `json:"node"`
	Path       string      `json:"path"` // below the node's data folder
	State      HolderState `json:"state"`
	VerifiedAt time.Time   `json:"verified_at,omitzero"` // when the bytes were last read and right
	LastSeen   time.Time   `json:"last_seen"`
}

const holderColumns = `sha256, node, path, state, verified_at, last_seen`

// ReportHoldings records what a node says of its copies. Items must be known. CopyUnverified leaves a copy
// verified or suspect that was so before: to be seen is not to be checked.
func (s *Session) ReportHoldings(ctx context.Context, node string, copies []Holder) error {
	act := "report holdings of " + node
	if err := firstError(text("node", node), checkHoldings(copies)); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	copies = slices.Clone(copies)
	slices.SortFunc(copies, func(a, b Holder) int { return cmp.Or(cmp.Compare(a.SHA256, b.SHA256), cmp.Compare(a.Path, b.Path)) })
	return s.write(ctx, act, func(t *tx) error {
		for _, c := range copies {
			if err := t.hold(node, c); err != nil {
				return fmt.Errorf("item %s at %s: %w", c.SHA256, c.Path, err)
			}
		}
		return nil
	})
}

func (t *tx) hold(node string, c Holder) error {
	var verified any
	if c.State == CopyVerified {
		verified = micros(t.now)
	}
	if _, err := only(t.access, scanText, "SELECT sha256 FROM items WHERE sha256 = ?", c.SHA256); err != nil {
		return err
	}
	_, err := t.exec("INSERT INTO holders ("+holderColumns+") VALUES ("+marks(6)+`) ON CONFLICT (sha256, node, path) DO UPDATE SET
		state = CASE WHEN excluded.state = 'unverified' AND holders.state <> 'gone' THEN holders.state ELSE excluded.state END,
		verified_at = CASE WHEN excluded.verified_at IS NULL THEN holders.verified_at ELSE excluded.verified_at END,
		last_seen = CASE WHEN excluded.state = 'gone' THEN holders.last_seen ELSE excluded.last_seen END`,
		c.SHA256, node, c.Path, string(c.State), verified, micros(t.now))
	return err
}

// ForgetUnlisted marks the copies of a node as gone that it has not reported since a time. A node that has listed
// everything it has calls it with the time when it began to.
func (s *Session) ForgetUnlisted(ctx context.Context, node string, since time.Time) (gone int, err error) {
	err = s.write(ctx, "forget unlisted copies of "+node, func(t *tx) (err error) {
		gone, err = t.exec("UPDATE holders SET state = 'gone' WHERE node = ? AND state <> 'gone' AND last_seen < ?", node, micros(since))
		return err
	})
	return gone, err
}

// Holders returns the copies of an item that are not gone, verified ones first, at most 1000.
func (l *Ledger) Holders(ctx context.Context, sha256 string) ([]Holder, error) {
	return readAll(ctx, l, "list holders of "+sha256, scanHolder, "SELECT "+holderColumns+` FROM holders WHERE sha256 = ? AND state <> 'gone'
		ORDER BY CASE state WHEN 'verified' THEN 0 WHEN 'unverified' THEN 1 ELSE 2 END, node, path LIMIT ?`, sha256, maxLimit)
}

// StaleHolders lists copies that were last seen before a time, longest ago first.
func (l *Ledger) StaleHolders(ctx context.Context, before time.Time, page Page) (List[Holder], error) {
	var w where
	w.add("state <> 'gone' AND last_seen < ?", micros(before))
	return listing[Holder]{
		act: "list stale holders", query: "SELECT " + holderColumns + " FROM holders", scan: scanHolder,
		order: order{keys: []string{"last_seen", "sha256", "node", "path"}},
		key:   func(h Holder) []any { return []any{h.LastSeen, h.SHA256, h.Node, h.Path} },
	}.part(ctx, l, w, page)
}

func checkHoldings(copies []Holder) error {
	if err := count("copies", len(copies), MaxHoldings); err != nil {
		return err
	}
	for _, c := range copies {
		switch c.State {
		case CopyVerified, CopyUnverified, CopySuspect, CopyGone:
		default:
			return fmt.Errorf("state is %q: give verified, unverified, suspect or gone: %w", c.State, ErrInvalid)
		}
		if err := firstError(hash("sha256", c.SHA256), text("path", c.Path)); err != nil {
			return err
		}
	}
	return nil
}

func scanHolder(r row) (h Holder, err error) {
	return h, r.Scan(&h.SHA256, &h.Node, &h.Path, &h.State, at(&h.VerifiedAt), at(&h.LastSeen))
}
