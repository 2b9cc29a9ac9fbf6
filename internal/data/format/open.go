package format

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// access says who else may have a database open.
type access string

const (
	closedDatabase access = "mode=ro&immutable=1" // nobody: no lock is taken and no file appears beside it
	liveDatabase   access = "mode=ro"             // others may write: SQLite's locks are taken
)

// DSN names a database file for database/sql's sqlite driver, with the given query.
func DSN(path, query string) string {
	location := url.URL{Scheme: "file", Path: path, RawQuery: query}
	return location.String()
}

// OpenClosed opens a database that nobody writes to for reading, without leaving a trace beside it.
func OpenClosed(ctx context.Context, path string) (*sql.DB, error) {
	return open(ctx, path, closedDatabase)
}

// OpenLive opens a database that others may write to for reading. It waits for their locks for ten seconds
// and never writes, not even a checkpoint.
func OpenLive(ctx context.Context, path string) (*sql.DB, error) {
	return open(ctx, path, liveDatabase)
}

func open(ctx context.Context, path string, access access) (*sql.DB, error) {
	if _, err := os.Stat(path); err != nil { // SQLite's own text names neither file nor cause
		return nil, fmt.Errorf("open database: %w", err)
	}
	db, err := sql.Open("sqlite", DSN(path, string(access)+"&_pragma=busy_timeout(10000)&_pragma=trusted_schema(OFF)"))
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), db.Close())
	}
	return db, nil
}

// IsDamaged says that SQLite found a database malformed, or no database at all.
func IsDamaged(err error) bool {
	code := resultCode(err)
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}

// IsBusy says that another one holds a lock, so that a later try may do better.
func IsBusy(err error) bool {
	code := resultCode(err)
	return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED || code == sqlite3.SQLITE_PROTOCOL
}

// resultCode is SQLite's primary result code, 0 for an error that is not SQLite's.
func resultCode(err error) int {
	var cause *sqlite.Error
	if !errors.As(err, &cause) {
		return 0
	}
	return cause.Code() & 0xff
}

// IsRefused says that a rule of the database (a constraint, a trigger, a type) refuses a change.
func IsRefused(err error) bool {
	code := resultCode(err)
	return code == sqlite3.SQLITE_CONSTRAINT || code == sqlite3.SQLITE_MISMATCH
}
