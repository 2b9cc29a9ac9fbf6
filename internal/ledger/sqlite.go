package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"modernc.org/sqlite"
)

// lockRetry is how often the lock of the schema is tried again while another process migrates.
const lockRetry = 20 * time.Millisecond

// openSQLite opens the file once for writing, with one connection, and once for reading. WAL lets readers go on
// during a write. synchronous=FULL makes a commit outlive a power cut: what was said to be recorded stays so.
func openSQLite(ctx context.Context, config Config) (*Ledger, error) {
	path, err := filepath.Abs(config.Path)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", config.Path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("create the folder of %s: %w", path, err)
	}
	unlock, err := lockSchema(ctx, path)
	if err != nil {
		return nil, err
	}
	defer unlock()

	ledger := &Ledger{dialect: sqliteDialect(), place: path, timeout: config.Timeout}
	if ledger.writer, err = connectSQLite(path, 1, "_txlock=immediate", "_pragma=journal_mode(WAL)"); err != nil {
		return nil, err
	}
	if ledger.reader, err = connectSQLite(path, config.Connections-1, "_query_only=1"); err != nil {
		return nil, errors.Join(err, ledger.writer.Close())
	}
	if err := ledger.migrate(ctx); err != nil {
		return nil, errors.Join(err, ledger.Close())
	}
	return ledger, nil
}

func connectSQLite(path string, connections int, options ...string) (*sql.DB, error) {
	source := url.URL{Scheme: "file", Path: path}
	source.RawQuery = fmt.Sprintf("_busy_timeout=%d&_foreign_keys=1&_synchronous=FULL", busyTime.Milliseconds())
	for _, option := range append(options, "_pragma=journal_size_limit(67108864)", "_pragma=temp_store(MEMORY)") {
		source.RawQuery += "&" + option
	}
	connector, err := sqlite.NewConnector(source.String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// lockSchema keeps other processes from opening the file until its schema is there. The lock file stays: to
// remove it would let two processes hold a lock on two different files.
func lockSchema(ctx context.Context, path string) (unlock func(), err error) {
	lock := flock.New(path + ".lock")
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return nil, fmt.Errorf("lock %s.lock: %w", path, err)
	}
	return func() { _ = lock.Close() }, nil // the kernel releases it at the latest when this process ends
}
