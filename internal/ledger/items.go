package ledger

import (
	"context"
	"fmt"
	"time"
)

// Item is a file of the cluster, known by its content.
type Item struct {
	SHA256    string `json:"sha256"`
	Role      string `json:"role"` // such as games, dataset or model
	Name      string `json:"name"` // for people; a name can be taken by many contents
	ConfigKey string `json:"config_key,omitempty"`
	Bytes     int64  `json:"bytes"`
	// LogicalDigest is equal for files that hold the same records in different bytes; empty if there is no such thing.
	LogicalDigest string    `json:"logical_digest,omitempty"`
	CreatedAt     time.Time `json:"created_at"`
}

// ItemFilter says which items are wanted; what is empty demands nothing.
type ItemFilter struct {
	Role      string
	ConfigKey string
}

const itemColumns = `sha256, role, name, config_key, bytes, logical_digest, created_at`

// provisional is the role of what a job goes on from. The same bytes may turn out to be what it makes.
const provisional = "checkpoint"

// AddItem records an item under its hash. One that is there stays as it is and is returned, but for a checkpoint that
// turns out to be more; with another role or size it is an ErrConflict. CreatedAt is set here.
func (s *Session) AddItem(ctx context.Context, item Item) (stored Item, err error) {
	act := "add item " + item.SHA256
	if err := item.validate(); err != nil {
		return stored, fmt.Errorf("%s: %w", act, err)
	}
	err = s.write(ctx, act, func(t *tx) (err error) {
		_, err = t.exec("INSERT INTO items ("+itemColumns+") VALUES ("+marks(7)+`) ON CONFLICT (sha256) DO UPDATE
			SET role = excluded.role, name = excluded.name WHERE items.role = ? AND excluded.role <> ? AND items.bytes = excluded.bytes`,
			item.SHA256, item.Role, item.Name, item.ConfigKey, item.Bytes, item.LogicalDigest, micros(t.now), provisional, provisional)
		if err != nil {
			return err
		}
		if stored, err = only(t.access, scanItem, "SELECT "+itemColumns+" FROM items WHERE sha256 = ?", item.SHA256); err != nil {
			return err
		}
		if stored.Role != item.Role || stored.Bytes != item.Bytes {
			return fmt.Errorf("it is recorded as %s of %d bytes: %w", stored.Role, stored.Bytes, ErrConflict)
		}
		return nil
	})
	return stored, err
}

// Item returns one item, or ErrNotFound.
func (l *Ledger) Item(ctx context.Context, sha256 string) (Item, error) {
	return readOne(ctx, l, "find item "+sha256, scanItem, "SELECT "+itemColumns+" FROM items WHERE sha256 = ?", sha256)
}

// Items lists items, newest first.
func (l *Ledger) Items(ctx context.Context, filter ItemFilter, page Page) (List[Item], error) {
	return l.items(ctx, "list items", filter.where(), page)
}

func (l *Ledger) items(ctx context.Context, act string, w where, page Page) (List[Item], error) {
	return listing[Item]{
		act: act, query: "SELECT " + itemColumns + " FROM items", scan: scanItem,
		order: order{keys: []string{"created_at", "sha256"}, newest: true},
		key:   func(i Item) []any { return []any{i.CreatedAt, i.SHA256} },
	}.part(ctx, l, w, page)
}

func (f ItemFilter) where() (w where) {
	w.equal("role", f.Role)
	w.equal("config_key", f.ConfigKey)
	return w
}

func (i Item) validate() error {
	if i.ConfigKey != "" {
		if err := config(i.ConfigKey); err != nil {
			return err
		}
	}
	return firstError(hash("sha256", i.SHA256), text("role", i.Role), text("name", i.Name), between("bytes", i.Bytes, 0, 1<<60),
		short("logical_digest", i.LogicalDigest))
}

func scanItem(r row) (i Item, err error) {
	return i, r.Scan(&i.SHA256, &i.Role, &i.Name, &i.ConfigKey, &i.Bytes, &i.LogicalDigest, at(&i.CreatedAt))
}
