package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// index remembers the contents of files over restarts. It is a cache: lost, it is computed again.
type index struct{ db *sql.DB }

const indexSchema = `CREATE TABLE IF NOT EXISTS hashes (
	device INTEGER, inode INTEGER, bytes INTEGER, modified INTEGER, changed INTEGER,
	sha256 BLOB NOT NULL, marks BLOB NOT NULL, PRIMARY KEY (device, inode)) WITHOUT ROWID`

func openIndex(path string, log *slog.Logger) (*index, error) {
	opened, err := createIndex(path)
	if !isDamaged(err) {
		return opened, err
	}
	log.Warn("the index of hashes is damaged and is built again", "file", path, "error", err)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("remove damaged index: %w", err)
		}
	}
	return createIndex(path)
}

func createIndex(path string) (*index, error) {
	location := url.URL{Scheme: "file", Path: path, RawQuery: "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_txlock=immediate"}
	db, err := sql.Open("sqlite", location.String())
	if err != nil {
		return nil, fmt.Errorf("open index %s: %w", path, err)
	}
	db.SetMaxOpenConns(2)
	if _, err := db.Exec(indexSchema); err != nil {
		return nil, errors.Join(fmt.Errorf("open index %s: %w", path, err), db.Close())
	}
	return &index{db}, nil
}

func isDamaged(err error) bool {
	var cause *sqlite.Error
	return errors.As(err, &cause) && (cause.Code()&0xff == sqlite3.SQLITE_NOTADB || cause.Code()&0xff == sqlite3.SQLITE_CORRUPT)
}

func (x *index) close() error { return x.db.Close() }

// get returns what the file of this identity was when it was hashed.
func (x *index) get(ctx context.Context, file identity) (Content, bool, error) {
	var sum, marks []byte
	err := x.db.QueryRowContext(ctx, `SELECT sha256, marks FROM hashes
		WHERE device = ? AND inode = ? AND bytes = ? AND modified = ? AND changed = ?`,
		int64(file.device), int64(file.inode), file.bytes, file.modified, file.changed).Scan(&sum, &marks)
	if errors.Is(err, sql.ErrNoRows) {
		return Content{}, false, nil
	}
	if err != nil {
		return Content{}, false, fmt.Errorf("read index: %w", err)
	}
	content := Content{Bytes: file.bytes}
	if len(sum) != len(Sum{}) || len(marks) != Chunks(file.bytes)*len(Sum{}) {
		return Content{}, false, nil // not ours: hash again
	}
	content.SHA256 = Sum(sum)
	for ; len(marks) > 0; marks = marks[len(Sum{}):] {
		content.Marks = append(content.Marks, Sum(marks))
	}
	return content, true, nil
}

// last returns the hash that the file of this identity, or one that was there before it, had last; zero if none is known.
func (x *index) last(ctx context.Context, file identity) (Sum, error) {
	var sum []byte
	err := x.db.QueryRowContext(ctx, `SELECT sha256 FROM hashes WHERE device = ? AND inode = ?`, int64(file.device), int64(file.inode)).Scan(&sum)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Sum{}, fmt.Errorf("read index: %w", err)
	}
	if len(sum) != len(Sum{}) {
		return Sum{}, nil
	}
	return Sum(sum), nil
}

func (x *index) put(ctx context.Context, file identity, content Content) error {
	marks := make([]byte, 0, len(content.Marks)*len(Sum{}))
	for _, mark := range content.Marks {
		marks = append(marks, mark[:]...)
	}
	_, err := x.db.ExecContext(ctx, `INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?, ?, ?, ?)`,
		int64(file.device), int64(file.inode), file.bytes, file.modified, file.changed, content.SHA256[:], marks)
	if err != nil {
		return fmt.Errorf("write index: %w", err)
	}
	return nil
}

// retain forgets all files but these, once they are the smaller part.
func (x *index) retain(ctx context.Context, files []identity) error {
	tx, err := x.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("clean index: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	var known int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM hashes`).Scan(&known); err != nil {
		return fmt.Errorf("clean index: %w", err)
	}
	if known <= 2*len(files)+1000 {
		return nil
	}
	if err := retainOnly(ctx, tx, files); err != nil {
		return fmt.Errorf("clean index: %w", err)
	}
	return tx.Commit()
}

func retainOnly(ctx context.Context, tx *sql.Tx, files []identity) error {
	if _, err := tx.ExecContext(ctx, `CREATE TEMP TABLE here (device INTEGER, inode INTEGER, PRIMARY KEY (device, inode)) WITHOUT ROWID`); err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, `INSERT OR IGNORE INTO here VALUES (?, ?)`)
	if err != nil {
		return err
	}
	for _, file := range files {
		if _, err := insert.ExecContext(ctx, int64(file.device), int64(file.inode)); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM hashes WHERE (device, inode) NOT IN (SELECT device, inode FROM here)`); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `DROP TABLE here`)
	return err
}
