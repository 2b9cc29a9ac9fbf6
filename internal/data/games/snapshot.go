package games

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/ringrift/orchestrator/internal/data/format"
	"github.com/ringrift/orchestrator/internal/pause"
)

const (
	snapshotTries = 5
	snapshotPause = 500 * time.Millisecond
)

// Snapshot writes a consistent copy of a live database into a new file, which is closed and complete when
// Snapshot returns. It reads in one transaction and leaves the live one as it is; a writer goes on meanwhile
// if the database is in WAL mode, and waits otherwise. A file that is at the target is replaced.
func Snapshot(ctx context.Context, store, target string) error {
	var err error
	for try := range snapshotTries {
		if err = snapshot(ctx, store, target); err == nil || !format.IsBusy(err) {
			break
		}
		if !pause.For(ctx, snapshotPause<<try) {
			return fmt.Errorf("snapshot %s: %w", store, errors.Join(err, ctx.Err()))
		}
	}
	if err != nil {
		return errors.Join(fmt.Errorf("snapshot %s: %w", store, err), removeFile(target))
	}
	return nil
}

func snapshot(ctx context.Context, store, target string) error {
	if err := removeFile(target); err != nil {
		return err
	}
	db, err := format.OpenLive(ctx, store)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", target)
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	return syncFile(target)
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
