package data

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/ringrift/orchestrator/internal/data/format"
)

// Commit verifies the whole file and its format, and puts it to its place, or beside the file that has its name.
// ErrMismatch and ErrCorrupt: the bytes are gone. ErrUndecided: they are kept for another try.
// The Arrival is closed in any case.
func (a *Arrival) Commit(ctx context.Context) (Item, error) {
	content := a.hasher.content()
	if content.Bytes != a.want.Bytes || content.SHA256 != a.want.SHA256 {
		err := fmt.Errorf("receive %s: got %d bytes with sha256 %s, %d with %s are declared: %w",
			a.want.Place, content.Bytes, content.SHA256, a.want.Bytes, a.want.SHA256, ErrMismatch)
		return Item{}, errors.Join(err, a.Discard())
	}
	if err := a.settle(); err != nil {
		return Item{}, errors.Join(fmt.Errorf("receive %s: %w", a.want.Place, asNoSpace(err)), a.Close())
	}
	verdict := format.Judge(ctx, a.want.Name, filepath.Join(a.folder.Name(), filepath.FromSlash(a.partial)))
	switch verdict.State {
	case format.Valid:
	case format.Corrupt:
		return Item{}, errors.Join(fmt.Errorf("receive %s: %s: %w", a.want.Place, verdict.Reason, ErrCorrupt), a.Discard())
	default:
		return Item{}, errors.Join(fmt.Errorf("receive %s: %s: %w", a.want.Place, verdict.Reason, ErrUndecided), a.Close())
	}
	item, err := a.place(ctx, content)
	return item, errors.Join(err, a.Close())
}

// settle makes the bytes durable, and nothing but them.
func (a *Arrival) settle() error {
	if err := a.file.Truncate(a.Bytes()); err != nil {
		return err
	}
	return a.file.Sync()
}

// place gives the file its name.
func (a *Arrival) place(ctx context.Context, content Content) (Item, error) {
	if err := a.rename(); err != nil {
		return Item{}, fmt.Errorf("place %s: %w", a.want.Place, err)
	}
	if err := syncFolder(a.folder.Root, parentOf(a.want.Name)); err != nil {
		return Item{}, fmt.Errorf("place %s: %w", a.want.Place, err)
	}
	info, err := a.file.Stat()
	if err != nil {
		return Item{}, fmt.Errorf("place %s: %w", a.want.Place, err)
	}
	file, err := identify(info)
	if err != nil {
		return Item{}, err
	}
	item := a.want
	item.Bytes, item.Modified, item.ConfigKey = info.Size(), info.ModTime().UTC(), ConfigKey(item.Name)
	a.dir.remember(item, file)
	if err := a.dir.index.put(ctx, file, content); err != nil { // the next scan hashes it again, that is all
		a.dir.config.Logger.Warn("the hash of an arrival is not remembered", "item", item.Place.String(), "error", err)
	}
	return item, nil
}

// rename replaces no file of another content, which may be the last one of its kind. Where the name is made from the
// content, whatever else is there is not what its name says.
func (a *Arrival) rename() error {
	a.dir.placing.Lock()
	defer a.dir.placing.Unlock()
	_, err := a.folder.Lstat(a.want.Name)
	switch {
	case err == nil && !strings.Contains(a.want.Name, a.want.SHA256.String()):
		a.want.Place = a.want.apart(a.want.SHA256)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := a.folder.Rename(a.partial, a.want.Name); err != nil {
		return err
	}
	a.moved = true
	return nil
}
