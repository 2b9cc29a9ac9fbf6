package games

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/format"
)

// Cutter cuts new complete games out of live stores into segments, each game once. What it cut stands in a
// database of its own, by game and not by a position: rows may be numbered anew and times may go back, and
// still no game is left out. Its methods may be called from many goroutines.
type Cutter struct {
	path string
	db   *sql.DB
}

const cutterSchema = `CREATE TABLE IF NOT EXISTS cut (
	store TEXT, game_id TEXT, segment TEXT NOT NULL, PRIMARY KEY (store, game_id)) WITHOUT ROWID`

// OpenCutter opens what was cut so far, or begins a new record. Close it when done. The path is never one in
// a folder of data.Layout.
func OpenCutter(ctx context.Context, path string) (*Cutter, error) {
	db, err := sql.Open("sqlite", format.DSN(path, "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"))
	if err != nil {
		return nil, fmt.Errorf("open cutter %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, cutterSchema); err != nil {
		return nil, errors.Join(fmt.Errorf("open cutter %s: %w", path, err), db.Close())
	}
	return &Cutter{path, db}, nil
}

// Close ends the use of the record.
func (c *Cutter) Close() error { return c.db.Close() }

// Segment is a file of games that were cut.
type Segment struct {
	Store  string   // whose games these are
	Games  []string // their ids, sorted; none if there was nothing new, and then there is no file
	Faulty int      // games that say they are complete and are not; they are looked at again next time
	Faults []Fault  // the first of them
	More   bool     // there are further new games
}

// maxSegmentGames bounds a segment.
const maxSegmentGames = 10_000

// Cut writes complete games of a store that were not confirmed yet into a new closed file, at most limit (0
// means 10,000). The same games make the same bytes. Until Confirm they count as not cut: a crash between
// the two cuts them again, and whoever merges both segments has them once.
func (c *Cutter) Cut(ctx context.Context, name, store, into string, limit int) (Segment, error) {
	if limit <= 0 || limit > maxSegmentGames {
		limit = maxSegmentGames
	}
	if err := removeFile(into); err != nil {
		return Segment{}, fmt.Errorf("cut %s: %w", store, err)
	}
	work := &cut{store: name, limit: limit}
	err := work.run(ctx, c.path, store, into)
	if err != nil || len(work.segment.Games) == 0 {
		err = errors.Join(err, removeFile(into))
	}
	if err != nil {
		return Segment{}, fmt.Errorf("cut %s: %w", store, err)
	}
	return work.segment, nil
}

// Confirm records that the games of a segment, now a file with this hash, need not be cut again.
func (c *Cutter) Confirm(ctx context.Context, segment Segment, sum data.Sum) error {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("confirm segment %s: %w", sum, err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	insert, err := tx.PrepareContext(ctx, `INSERT OR IGNORE INTO cut VALUES (?, ?, ?)`)
	if err != nil {
		return fmt.Errorf("confirm segment %s: %w", sum, err)
	}
	for _, id := range segment.Games {
		if _, err := insert.ExecContext(ctx, segment.Store, id, sum.String()); err != nil {
			return fmt.Errorf("confirm game %s of segment %s: %w", id, sum, err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("confirm segment %s: %w", sum, err)
	}
	return nil
}

// Forget has the games of a segment count as not cut, since it is gone, and returns the stores that they are from.
func (c *Cutter) Forget(ctx context.Context, sum data.Sum) ([]string, error) {
	rows, err := c.db.QueryContext(ctx, `DELETE FROM cut WHERE segment = ? RETURNING store`, sum.String())
	if err != nil {
		return nil, fmt.Errorf("forget segment %s: %w", sum, err)
	}
	defer func() { _ = rows.Close() }() // Err tells what was wrong
	stores := map[string]bool{}
	for rows.Next() {
		var store string
		if err := rows.Scan(&store); err != nil {
			return nil, fmt.Errorf("forget segment %s: %w", sum, err)
		}
		stores[store] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("forget segment %s: %w", sum, err)
	}
	return slices.Sorted(maps.Keys(stores)), nil
}
