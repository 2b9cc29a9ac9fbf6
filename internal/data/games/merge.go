package games

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
)

// Merging is a file whose games go into a store.
type Merging struct {
	Source string   // a closed games file
	SHA256 data.Sum // of the source; a store remembers what it merged
	Store  string   // is created if it is missing; others may have it open
	Aside  string   // where conflicting games of the source are written; must not exist
	// Check says, once all games were read, whether the source still is what it was; nil: it does not change. On an error
	// it does not count as merged, and what came of it stays.
	Check func() error `json:"-"`
}

// Merged is what came of a merge. Every complete game of the source is counted in exactly one of Inserted,
// Duplicates and Conflicting.
type Merged struct {
	Known       bool     `json:"known"`       // the store had merged this source before, so nothing was looked at
	Inserted    int      `json:"inserted"`    // games
	Duplicates  int      `json:"duplicates"`  // were there with the same rows
	Conflicting int      `json:"conflicting"` // were there with other rows, and stay as they were
	Conflicts   []string `json:"conflicts"`   // the first ids of these
	Faulty      int      `json:"faulty"`      // not complete, or refused by the store
	Faults      []Fault  `json:"faults"`      // the first of these
	Active      int      `json:"active"`      // not over, so left out
}

const (
	mergeBatch   = 256 // games a transaction
	maxConflicts = 1000
)

const mergedSchema = `CREATE TABLE IF NOT EXISTS merged_sources (sha256 TEXT PRIMARY KEY, games INTEGER NOT NULL, merged_at TEXT NOT NULL) WITHOUT ROWID`

// Merge brings the games of a file into a store, each with its rows in all tables. Games go in bounded
// transactions, so a crash leaves whole games, and merging again adds the rest.
func Merge(ctx context.Context, merging Merging) (Merged, error) {
	m := &merge{}
	err := m.run(ctx, merging)
	if err != nil {
		return m.Merged, fmt.Errorf("merge %s into %s: %w", merging.Source, merging.Store, err)
	}
	return m.Merged, nil
}

// merge is one call of Merge.
type merge struct {
	Merged
	*session
	tables    []table // of the source
	conflicts []string
}

func (m *merge) run(ctx context.Context, merging Merging) error {
	opened, err := openSession(ctx, merging.Store, "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(OFF)")
	if err != nil {
		return err
	}
	m.session = opened
	return errors.Join(m.all(ctx, merging), opened.close())
}

func (m *merge) all(ctx context.Context, merging Merging) error {
	if err := m.begin(ctx, merging); err != nil || m.Known {
		return err
	}
	after := ""
	for {
		ids, err := m.texts(ctx, `SELECT game_id FROM source.games WHERE game_id > ? ORDER BY game_id LIMIT ?`, after, mergeBatch)
		if err != nil {
			return fmt.Errorf("read the next games: %w", err)
		}
		if len(ids) == 0 {
			break
		}
		if err := m.batch(ctx, ids); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
	if err := m.keepAside(ctx, merging); err != nil {
		return err
	}
	if merging.Check != nil {
		if err := merging.Check(); err != nil {
			return err
		}
	}
	return m.remember(ctx, merging.SHA256)
}

// begin opens the source beside the store, and prepares the store's tables.
func (m *merge) begin(ctx context.Context, merging Merging) error {
	if err := m.attach(ctx, merging.Source, "source", true); err != nil {
		return err
	}
	var err error
	if m.tables, err = m.readTables(ctx, "source"); err != nil {
		return err
	}
	return m.inTransaction(ctx, "BEGIN IMMEDIATE", func() error {
		if err := m.exec(ctx, mergedSchema); err != nil {
			return err
		}
		known, err := m.texts(ctx, `SELECT sha256 FROM main.merged_sources WHERE sha256 = ?`, merging.SHA256.String())
		if err != nil {
			return err
		}
		m.Known = len(known) > 0
		return m.prepareTables(ctx, m.tables)
	})
}

// remember records the source, so that merging it again costs nothing.
func (m *merge) remember(ctx context.Context, sum data.Sum) error {
	_, err := m.ExecContext(ctx, `INSERT OR IGNORE INTO main.merged_sources VALUES (?, ?, ?)`,
		sum.String(), m.Inserted+m.Duplicates, time.Now().UTC().Format(time.RFC3339))
	if err != nil {
		return fmt.Errorf("remember source %s: %w", sum, err)
	}
	return nil
}

// keepAside writes the games that stayed out into a file of their own.
func (m *merge) keepAside(ctx context.Context, merging Merging) error {
	if len(m.conflicts) == 0 || merging.Aside == "" {
		return nil
	}
	aside, err := openSession(ctx, merging.Aside, closedFile)
	if err != nil {
		return err
	}
	err = errors.Join(aside.take(ctx, merging.Source, m.tables, m.conflicts), aside.close())
	if err != nil {
		return errors.Join(fmt.Errorf("keep conflicting games in %s: %w", merging.Aside, err), removeFile(merging.Aside))
	}
	return syncFile(merging.Aside)
}

// take fills an empty database with games of a closed file.
func (s *session) take(ctx context.Context, source string, tables []table, ids []string) error {
	if err := s.attach(ctx, source, "source", true); err != nil {
		return err
	}
	return s.inTransaction(ctx, "BEGIN IMMEDIATE", func() error {
		if err := s.prepareTables(ctx, tables); err != nil {
			return err
		}
		if err := s.setBatch(ctx, ids); err != nil {
			return err
		}
		return s.copyBatch(ctx, "source", tables)
	})
}
