package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"
)

const (
	// pagesAtOnce is how much is copied between two looks at the context: 4 MiB.
	pagesAtOnce = 1024
	// lockPatience is how long a database without write-ahead log may keep its readers out, in milliseconds.
	lockPatience = 10_000
)

// copySQLite copies a database page by page as of one moment, while others write to it. Nothing else would do: the
// file alone lacks what is in its write-ahead log, and VACUUM INTO may renumber rows that full-text indexes point at.
func copySQLite(ctx context.Context, from, to string) error {
	from, err := filepath.Abs(from)
	if err != nil {
		return err
	}
	source := url.URL{Scheme: "file", Path: from, RawQuery: fmt.Sprintf("mode=rw&_busy_timeout=%d", lockPatience)}
	db, err := sql.Open("sqlite", source.String())
	if err != nil {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return errors.Join(fmt.Errorf("open %s: %w", from, err), db.Close())
	}
	if err = copyFrom(ctx, conn, to); err != nil {
		err = fmt.Errorf("copy %s: %w", from, err)
	}
	return errors.Join(err, conn.Close(), db.Close(), sync(to))
}

// copyFrom holds a read transaction from before the first page to after the last: what is written meanwhile is not
// seen, and does not make the copy begin again.
func copyFrom(ctx context.Context, conn *sql.Conn, to string) error {
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	var tables int
	if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&tables); err != nil {
		return err
	}
	err := conn.Raw(func(driver any) error { return copyPages(ctx, driver, to) })
	_, ending := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	return errors.Join(err, ending)
}

func copyPages(ctx context.Context, driver any, to string) error {
	source, ok := driver.(interface {
		NewBackup(uri string) (*sqlite.Backup, error)
	})
	if !ok {
		return fmt.Errorf("the SQLite driver %T cannot copy a database", driver)
	}
	pages, err := source.NewBackup((&url.URL{Scheme: "file", Path: to}).String())
	if err != nil {
		return err
	}
	for more := true; more && err == nil; {
		if err = ctx.Err(); err == nil {
			more, err = pages.Step(pagesAtOnce)
		}
	}
	return errors.Join(err, pages.Finish())
}
