package data

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// RemoveLeftovers deletes what arrivals left that nobody goes on with: partial files that no process has
// open and that were last written longer ago than age. It returns how many bytes that freed.
func (d *Dir) RemoveLeftovers(ctx context.Context, age time.Duration) (int64, error) {
	var freed int64
	for _, one := range Layout() {
		folder := d.folders[one.Role]
		err := fs.WalkDir(folder.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case errors.Is(err, fs.ErrPermission) && name != ".":
				return fs.SkipDir // the scan tells of it
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case entry.IsDir() && strings.Count(name, "/") >= one.Parts-1 && name != ".":
				return fs.SkipDir
			case !entry.Type().IsRegular() || !strings.HasPrefix(path.Base(name), arrivingPrefix):
				return nil
			}
			bytes, err := d.removeLeftover(folder.Root, name, age)
			freed += bytes
			return err
		})
		if err != nil {
			return freed, fmt.Errorf("remove leftovers of %s: %w", one.Path, err)
		}
	}
	return freed, nil
}

func (d *Dir) removeLeftover(folder *os.Root, name string, age time.Duration) (int64, error) {
	file, err := folder.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil // it arrived meanwhile
	}
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }() // nothing was written
	if err := lock(file); errors.Is(err, ErrBusy) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	info, err := file.Stat()
	if err != nil || d.config.Now().Sub(info.ModTime()) < age {
		return 0, err
	}
	// Under the lock the name is still this file: an arrival locks before it renames or removes.
	if named, err := folder.Lstat(name); err != nil || !os.SameFile(info, named) {
		return 0, nil
	}
	return info.Size(), folder.Remove(name)
}
