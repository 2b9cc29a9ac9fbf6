package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Ledger is an open ledger. It is safe for concurrent use by many goroutines, and by many processes at once.
type Ledger struct {
	dialect dialect
	writer  *sql.DB // SQLite: one connection, so that writers of this process queue instead of colliding
	reader  *sql.DB
	place   string // for messages; without secrets
	timeout time.Duration
}

// Open opens the ledger, creates it if there is none, and brings its schema up to what this build knows. A
// schema that is newer is refused. Errors that waiting cures satisfy IsUnavailable.
func Open(ctx context.Context, config Config) (*Ledger, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, config.Timeout)
	defer cancel()
	open := openSQLite
	if config.DSN != "" {
		open = openPostgres
	}
	ledger, err := open(limited, config)
	if err != nil {
		return nil, wrap(ctx, err, "open ledger")
	}
	return ledger, nil
}

// Close ends all connections. Calls that are under way fail.
func (l *Ledger) Close() error {
	err := l.writer.Close()
	if l.reader != l.writer {
		err = errors.Join(err, l.reader.Close())
	}
	if err != nil {
		return fmt.Errorf("close ledger %s: %w", l.place, err)
	}
	return nil
}

// Place names the file or the database, without secrets.
func (l *Ledger) Place() string { return l.place }

// Database is "sqlite" or "postgres".
func (l *Ledger) Database() string { return l.dialect.name }

// Now is the time of the database's clock, which leases live by.
func (l *Ledger) Now(ctx context.Context) (time.Time, error) {
	return readOne(ctx, l, "read the clock", scanTime, "SELECT {now}")
}

func (l *Ledger) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, l.timeout)
}

// read runs f over the connections for reading.
func (l *Ledger) read(ctx context.Context, act string, f func(access) error) error {
	limited, cancel := l.bounded(ctx)
	defer cancel()
	return wrap(ctx, f(access{ctx: limited, on: l.reader, dialect: l.dialect}), "%s", act)
}

// readAll returns the rows of one query.
func readAll[T any](ctx context.Context, l *Ledger, act string, scan func(row) (T, error), query string, args ...any) (all []T, err error) {
	err = l.read(ctx, act, func(a access) (err error) {
		all, err = collect(a, scan, query, args...)
		return err
	})
	return all, err
}

// readOne returns the one row of a query, or ErrNotFound.
func readOne[T any](ctx context.Context, l *Ledger, act string, scan func(row) (T, error), query string, args ...any) (one T, err error) {
	err = l.read(ctx, act, func(a access) (err error) {
		one, err = only(a, scan, query, args...)
		return err
	})
	return one, err
}
