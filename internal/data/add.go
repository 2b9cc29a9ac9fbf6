package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Add puts a file that a local source holds (the output of a job, a segment, a snapshot) to its place, as
// carefully as one that comes from another node. The item that is there already with these bytes is returned
// as it is.
func (d *Dir) Add(ctx context.Context, want Item, source io.Reader) (Item, error) {
	if item, has := d.Has(want.Place, want.SHA256); has {
		return item, nil
	}
	arrival, err := d.Receive(want)
	if err != nil {
		return Item{}, err
	}
	if err := copyBytes(ctx, arrival, source); err != nil {
		return Item{}, errors.Join(fmt.Errorf("add %s: %w", want.Place, err), arrival.Discard())
	}
	return arrival.Commit(ctx)
}

// AddFile adds a file of any path under the given role, with a name made from its content.
func (d *Dir) AddFile(ctx context.Context, path string, role Role, name func(Content) string) (Item, error) {
	content, err := FileContent(ctx, path)
	if err != nil {
		return Item{}, err
	}
	file, err := os.Open(path)
	if err != nil {
		return Item{}, fmt.Errorf("add: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	want := Item{Place: Place{role, name(content)}, SHA256: content.SHA256, Bytes: content.Bytes}
	return d.Add(ctx, want, file)
}

// Has returns the item at a place, or beside the one that has its name, if it has these bytes and its file was not touched
// since.
func (d *Dir) Has(place Place, sum Sum) (Item, bool) {
	for _, one := range []Place{place, place.apart(sum)} {
		item, found := d.Lookup(one)
		if !found || item.SHA256 != sum {
			continue
		}
		if file, err := d.OpenItem(item); err == nil {
			return item, file.Close() == nil
		}
	}
	return Item{}, false
}
