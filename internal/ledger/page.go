package ledger

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	defaultLimit = 100
	maxLimit     = 1000
)

// Page says which part of a list is wanted.
type Page struct {
	// After is Next of the part before; empty for the first one.
	After string
	// Limit is how many at most, up to 1000; 0 means 100.
	Limit int
}

// List is a part of a list. Next is empty in the last one.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

func (p Page) limit() (int, error) {
	switch {
	case p.Limit == 0:
		return defaultLimit, nil
	case p.Limit < 0 || p.Limit > maxLimit:
		return 0, fmt.Errorf("limit is %d: give 1 to %d: %w", p.Limit, maxLimit, ErrInvalid)
	}
	return p.Limit, nil
}

// order says along which columns a list is read: a time or a number, then what makes rows of one time distinct.
type order struct {
	keys   []string
	newest bool // newest first
	names  bool // the first column is a text as well
}

// listing is how the parts of a list of T are read.
type listing[T any] struct {
	act   string
	query string // without WHERE, ORDER BY and LIMIT
	order order
	scan  func(row) (T, error)
	key   func(T) []any // the place of an item in the order
}

// part reads one part of a list.
func (g listing[T]) part(ctx context.Context, l *Ledger, w where, page Page) (list List[T], err error) {
	limit, err := page.limit()
	if err == nil {
		err = g.order.after(&w, page.After)
	}
	if err != nil {
		return list, fmt.Errorf("%s: %w", g.act, err)
	}
	items, err := readAll(ctx, l, g.act, g.scan, g.query+w.text()+g.order.text()+" LIMIT ?", append(w.args, limit+1)...)
	if len(items) > limit {
		items = items[:limit]
		list.Next = cursor(g.key(items[limit-1]))
	}
	list.Items = items
	return list, err
}

func (o order) text() string {
	direction := ""
	if o.newest {
		direction = " DESC"
	}
	return " ORDER BY " + strings.Join(o.keys, direction+", ") + direction
}

// after skips what comes before the place in a cursor.
func (o order) after(w *where, cursor string) error {
	if cursor == "" {
		return nil
	}
	parts := strings.SplitN(cursor, "~", len(o.keys))
	place := anys(parts)
	var err error
	if !o.names {
		place[0], err = strconv.ParseInt(parts[0], 10, 64)
	}
	if err != nil || len(parts) != len(o.keys) {
		return fmt.Errorf("after is %q: give the Next of the part before: %w", cursor, ErrInvalid)
	}
	compare := " > "
	if o.newest {
		compare = " < "
	}
	w.add("("+strings.Join(o.keys, ", ")+")"+compare+"("+marks(len(parts))+")", place...)
	return nil
}

// cursor renders the place of an item: a time or a number, then texts.
func cursor(key []any) string {
	parts := make([]string, len(key))
	for i, value := range key {
		if t, ok := value.(time.Time); ok {
			value = t.UnixMicro()
		}
		parts[i] = fmt.Sprint(value)
	}
	return strings.Join(parts, "~")
}
