package autosync

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/format"
)

// journal is what outlives a crash: a small database beside the data, synced with each change. It is open only
// while it is used, so that a copy that was abandoned holds nothing.
type journal struct{ db *sql.DB }

// Times are milliseconds since 1970.
const journalSchema = `
CREATE TABLE IF NOT EXISTS wanted (sha256 TEXT PRIMARY KEY, role TEXT NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL,
	sources TEXT NOT NULL, asked_by TEXT NOT NULL, priority INTEGER NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL,
	since INTEGER NOT NULL, error TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outgoing (sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, noted_at INTEGER NOT NULL, asked_at INTEGER NOT NULL,
	rounds INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS news (id INTEGER PRIMARY KEY, event TEXT NOT NULL);`

// wish is a file that is to come here.
type wish struct {
	item     data.Item
	sources  []string // nodes that were named; the inventories know better
	askedBy  string   // empty: found missing by comparison
	priority int64
	attempts int64
	nextAt   time.Time
	since    time.Time
}

// The states of an own segment.
const (
	unsafe = "unsafe" // only here, as far as is known
	safe   = "safe"   // seen where it should be
	lost   = "lost"   // gone before it was safe
)

// outgoing is a segment of this node.
type outgoing struct {
	sum     data.Sum
	name    string
	notedAt time.Time
	askedAt time.Time // zero: never
	rounds  int64
	state   string
}

func openJournal(ctx context.Context, dir string) (*journal, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	path := filepath.Join(dir, "journal.db")
	db, err := sql.Open("sqlite", format.DSN(path, "_pragma=busy_timeout(10000)&_pragma=synchronous(EXTRA)&_txlock=immediate"))
	if err != nil {
		return nil, fmt.Errorf("open journal %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, journalSchema); err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", path, err), db.Close())
	}
	return &journal{db}, nil
}

func (j *journal) close() error { return j.db.Close() }

// change runs act in one transaction.
func (j *journal) change(ctx context.Context, act func(*sql.Tx) error) error {
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := act(tx); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

// want records wishes. One that is there keeps its attempts, and takes the higher priority and the new sources.
func (j *journal) want(ctx context.Context, now time.Time, wishes ...wish) error {
	return j.change(ctx, func(tx *sql.Tx) error {
		for _, w := range wishes {
			_, err := tx.ExecContext(ctx, `INSERT INTO wanted VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, '') ON CONFLICT (sha256) DO UPDATE SET
				priority = max(priority, excluded.priority), sources = CASE WHEN excluded.sources = '' THEN sources ELSE excluded.sources END,
				next_at = CASE WHEN excluded.asked_by = '' THEN next_at ELSE min(next_at, excluded.next_at) END,
				asked_by = CASE WHEN excluded.asked_by = '' THEN asked_by ELSE excluded.asked_by END`,
				w.item.SHA256.String(), string(w.item.Role), w.item.Name, w.item.Bytes, strings.Join(w.sources, ","), w.askedBy, w.priority,
				now.UnixMilli(), now.UnixMilli())
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// wishes returns all that is wanted, most urgent first.
func (j *journal) wishes(ctx context.Context) ([]wish, error) {
	rows, err := j.db.QueryContext(ctx, `SELECT sha256, role, name, bytes, sources, asked_by, priority, attempts, next_at, since
		FROM wanted ORDER BY priority DESC, next_at, bytes, sha256`)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err tells what was wrong
	var all []wish
	for rows.Next() {
		var w wish
		var sum, sources string
		var next, since int64
		if err := rows.Scan(&sum, &w.item.Role, &w.item.Name, &w.item.Bytes, &sources, &w.askedBy, &w.priority, &w.attempts, &next, &since); err != nil {
			return nil, fmt.Errorf("read journal: %w", err)
		}
		if err := w.item.SHA256.UnmarshalText([]byte(sum)); err != nil {
			return nil, fmt.Errorf("read journal: %w", err)
		}
		w.item.ConfigKey = data.ConfigKey(w.item.Name)
		w.sources = strings.FieldsFunc(sources, func(r rune) bool { return r == ',' })
		w.nextAt, w.since = time.UnixMilli(next), time.UnixMilli(since)
		all = append(all, w)
	}
	return all, rows.Err()
}

// fulfilled ends a wish, and notes the event that tells of it in the same transaction.
func (j *journal) fulfilled(ctx context.Context, sum data.Sum, news ...bus.Event) error {
	return j.change(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM wanted WHERE sha256 = ?`, sum.String()); err != nil {
			return err
		}
		return addNews(ctx, tx, news)
	})
}

// forget ends wishes that came from a comparison. One that somebody has asked for meanwhile stays.
func (j *journal) forget(ctx context.Context, sums []data.Sum) error {
	return j.change(ctx, func(tx *sql.Tx) error {
		for _, sum := range sums {
			if _, err := tx.ExecContext(ctx, `DELETE FROM wanted WHERE sha256 = ? AND asked_by = ''`, sum.String()); err != nil {
				return err
			}
		}
		return nil
	})
}

// requeue puts a wish that got further behind the others of its priority.
func (j *journal) requeue(ctx context.Context, now time.Time, sum data.Sum) error {
	return j.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE wanted SET attempts = 0, error = '', next_at = ? WHERE sha256 = ?`, now.UnixMilli(), sum.String())
		return err
	})
}

func (j *journal) failed(ctx context.Context, sum data.Sum, nextAt time.Time, reason string, news ...bus.Event) error {
	return j.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE wanted SET attempts = attempts + 1, next_at = ?, error = ? WHERE sha256 = ?`,
			nextAt.UnixMilli(), reason, sum.String())
		if err != nil {
			return err
		}
		return addNews(ctx, tx, news)
	})
}

// note records own segments that are new; outgoing returns all of them.
func (j *journal) note(ctx context.Context, now time.Time, items []data.Item) error {
	return j.change(ctx, func(tx *sql.Tx) error {
		for _, item := range items {
			if _, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO outgoing VALUES (?, ?, ?, 0, 0, ?)`,
				item.SHA256.String(), item.Name, now.UnixMilli(), unsafe); err != nil {
				return err
			}
		}
		return nil
	})
}

func (j *journal) outgoing(ctx context.Context) ([]outgoing, error) {
	rows, err := j.db.QueryContext(ctx, `SELECT sha256, name, noted_at, asked_at, rounds, state FROM outgoing ORDER BY noted_at, sha256`)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err tells what was wrong
	var all []outgoing
	for rows.Next() {
		var o outgoing
		var sum string
		var noted, asked int64
		if err := rows.Scan(&sum, &o.name, &noted, &asked, &o.rounds, &o.state); err != nil {
			return nil, fmt.Errorf("read journal: %w", err)
		}
		if err := o.sum.UnmarshalText([]byte(sum)); err != nil {
			return nil, fmt.Errorf("read journal: %w", err)
		}
		o.notedAt = time.UnixMilli(noted)
		if asked > 0 {
			o.askedAt = time.UnixMilli(asked)
		}
		all = append(all, o)
	}
	return all, rows.Err()
}

func (j *journal) asked(ctx context.Context, now time.Time, sums []data.Sum) error {
	return j.change(ctx, func(tx *sql.Tx) error {
		for _, sum := range sums {
			if _, err := tx.ExecContext(ctx, `UPDATE outgoing SET asked_at = ?, rounds = rounds + 1 WHERE sha256 = ?`,
				now.UnixMilli(), sum.String()); err != nil {
				return err
			}
		}
		return nil
	})
}

// expose has an own segment begin anew: as far as is known it is only here.
func (j *journal) expose(ctx context.Context, now time.Time, o *outgoing) error {
	o.state, o.notedAt, o.askedAt, o.rounds = unsafe, now, time.Time{}, 0
	return j.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE outgoing SET state = ?, noted_at = ?, asked_at = 0, rounds = 0 WHERE sha256 = ?`,
			unsafe, now.UnixMilli(), o.sum.String())
		return err
	})
}

// settle gives an own segment a state that it keeps; an empty state forgets it.
func (j *journal) settle(ctx context.Context, sum data.Sum, state string, news ...bus.Event) error {
	return j.change(ctx, func(tx *sql.Tx) error {
		query, args := `UPDATE outgoing SET state = ? WHERE sha256 = ?`, []any{state, sum.String()}
		if state == "" {
			query, args = `DELETE FROM outgoing WHERE sha256 = ?`, args[1:]
		}
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return err
		}
		return addNews(ctx, tx, news)
	})
}

func addNews(ctx context.Context, tx *sql.Tx, news []bus.Event) error {
	for _, event := range news {
		text, err := json.Marshal(event)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO news (event) VALUES (?)`, string(text)); err != nil {
			return err
		}
	}
	return nil
}

// tell publishes what is still to be told, oldest first.
func (j *journal) tell(ctx context.Context, publish func(context.Context, bus.Event) error) error {
	for {
		var id int64
		var text string
		err := j.db.QueryRowContext(ctx, `SELECT id, event FROM news ORDER BY id LIMIT 1`).Scan(&id, &text)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read journal: %w", err)
		}
		var event bus.Event
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			return fmt.Errorf("read journal: %w", err)
		}
		if err := publish(ctx, event); err != nil {
			return err
		}
		if _, err := j.db.ExecContext(ctx, `DELETE FROM news WHERE id = ?`, id); err != nil {
			return fmt.Errorf("write journal: %w", err)
		}
	}
}
