package data

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/ringrift/orchestrator/internal/data/format"
)

// Verify reads a file again, from the disk and not from what is remembered, and judges it: an item by its
// hash and its format, a live database by its format. Corrupt is only what was proved: a file that is gone,
// changed or locked is unknown.
func (d *Dir) Verify(ctx context.Context, item Item) (format.Verdict, error) {
	path, err := d.Path(item.Place)
	if err != nil {
		return format.Verdict{}, err
	}
	if item.Live {
		return format.JudgeLive(ctx, path), nil
	}
	file, err := d.OpenItem(item)
	if errors.Is(err, ErrNotHere) || errors.Is(err, ErrChanged) || errors.Is(err, fs.ErrPermission) {
		return format.Verdict{State: format.Unknown, Reason: err.Error()}, nil
	}
	if err != nil {
		return format.Verdict{}, err
	}
	defer func() { _ = file.Close() }() // it was only read
	content, err := ReadContent(ctx, file)
	if err == nil {
		err = d.CheckItem(item, file)
	}
	if err != nil {
		return format.Verdict{State: format.Unknown, Reason: fmt.Sprintf("read %s: %s", item.Place, err)}, nil
	}
	if content.SHA256 != item.SHA256 {
		return format.Verdict{State: format.Corrupt, Reason: fmt.Sprintf("sha256 is %s, expected %s", content.SHA256, item.SHA256)}, nil
	}
	verdict := format.Judge(ctx, item.Name, path)
	verdict.Genuine = verdict.State == format.Corrupt
	return verdict, nil
}
