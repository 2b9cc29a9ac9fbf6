package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Backup writes a consistent copy of the ledger to a new file, while others read and write. The file is complete
// or not there. To restore, stop everything that has the ledger open, remove its -wal and -shm files, put the copy in
// its place, and ResetFences. A ledger in PostgreSQL returns ErrNoBackup: pg_dump and its kin do that better.
func (l *Ledger) Backup(ctx context.Context, path string) error {
	act := fmt.Sprintf("back up ledger %s to %s", l.place, path)
	if l.dialect.name != "sqlite" {
		return fmt.Errorf("%s: run pg_dump --format=custom, and pg_restore --clean into a stopped cluster: %w", act, ErrNoBackup)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: it exists, name a new file: %w", act, errors.Join(os.ErrExist, err))
	}
	return wrap(ctx, l.copyTo(ctx, path), "%s", act)
}

// copyTo has no time limit of its own: a large ledger takes minutes.
func (l *Ledger) copyTo(ctx context.Context, path string) (err error) {
	temporary := path + ".part"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove what an earlier backup left: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary) // the next backup removes it at the latest
		}
	}()
	db, err := connectSQLite(l.place, 1) // of its own, so that nobody of this process waits for it
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", temporary)
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := syncFile(temporary); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	return syncFile(filepath.Dir(path))
}

// syncFile makes a file, or the names in a folder, outlive a power cut.
func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
