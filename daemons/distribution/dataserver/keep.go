package dataserver

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/format"
	"github.com/ringrift/orchestrator/internal/pause"
)

const (
	// scanBytes are hashed in one look, so that what is found appears in the inventory bit by bit.
	scanBytes = 1 << 30
	// pendingPause is before the next look while files wait to be hashed.
	pendingPause = 3 * time.Second
	// scrubKey names the checkpoint with the place that was read last.
	scrubKey = "scrubbed-to"
)

func (d *daemon) keepScanning(ctx context.Context) {
	for {
		inventory, err := d.rt.Files.Scan(ctx, data.ScanLimits{HashBytes: scanBytes})
		told := errors.Join(d.putAsideChanged(), d.tellQuarantined(ctx))
		if ctx.Err() != nil {
			return
		}
		d.scanned(err, told)
		next := d.config.ScanInterval
		if err == nil && inventory.Pending > 0 {
			next = min(next, pendingPause)
		}
		if !pause.For(ctx, next) {
			return
		}
	}
}

// keepScrubbing reads some files again now and then, in the order of their names and round and round.
func (d *daemon) keepScrubbing(ctx context.Context) {
	for pause.For(ctx, d.config.ScrubInterval) {
		err := errors.Join(d.tidy(ctx), d.scrub(ctx))
		if ctx.Err() != nil {
			return
		}
		d.mu.Lock()
		d.state.scrubbedAt, d.state.scrubFault = d.rt.Now(), err
		d.mu.Unlock()
		if err != nil {
			d.rt.Logger.Warn("files are not read again as they should", "error", err)
		}
	}
}

// tidy removes what nobody will go on with.
func (d *daemon) tidy(ctx context.Context) error {
	freed, err := d.rt.Files.RemoveLeftovers(ctx, d.config.KeepPartial)
	if freed > 0 {
		d.rt.Logger.Info("removed partial files", "bytes", freed)
	}
	gone, removal := d.rt.Files.RemoveQuarantined(d.config.KeepQuarantined)
	for _, one := range gone {
		d.rt.Logger.Info("removed a corrupt file after its time", "file", one.Item.Place.String(), "reason", one.Reason)
	}
	return errors.Join(err, removal)
}

func (d *daemon) scrub(ctx context.Context) error {
	last, _, err := d.rt.Bus.Load(ctx, scrubKey)
	if err != nil {
		return err
	}
	items := slices.Clone(d.rt.Files.Inventory().Items)
	begin, _ := slices.BinarySearchFunc(items, string(last), func(item data.Item, place string) int {
		if item.Place.String() <= place {
			return -1
		}
		return 1
	})
	var faults []error
	read, position := int64(0), string(last)
	for _, item := range slices.Concat(items[begin:], items[:begin]) {
		if read >= d.config.ScrubBytes || ctx.Err() != nil {
			break
		}
		if item.Live {
			continue // its format is judged where it is used; it has no hash to compare
		}
		faults = append(faults, d.check(ctx, item)) // one that cannot be read does not keep the others waiting
		read, position = read+item.Bytes, item.Place.String()
	}
	if position == string(last) || ctx.Err() != nil {
		return errors.Join(faults...)
	}
	return errors.Join(append(faults, d.rt.Bus.Save(ctx, scrubKey, []byte(position)))...)
}

// check reads one file again.
func (d *daemon) check(ctx context.Context, item data.Item) error {
	verdict, err := d.rt.Files.Verify(ctx, item)
	if err != nil || ctx.Err() != nil {
		return err
	}
	d.mu.Lock()
	switch verdict.State {
	case format.Valid:
		d.state.checked++
	case format.Unknown:
		d.state.undecided++
	}
	d.mu.Unlock()
	if verdict.State != format.Corrupt {
		return nil
	}
	moved, err := d.rt.Files.Quarantine(item, verdict)
	if errors.Is(err, data.ErrNotHere) || errors.Is(err, data.ErrChanged) {
		return nil // another daemon of the node has moved it
	}
	if err != nil {
		return err
	}
	d.rt.Logger.Error("a corrupt file is in quarantine", "file", item.Place.String(), "reason", moved.Reason)
	return d.tellQuarantined(ctx)
}

// scanned takes what came of a look at the folders, and of putting wrong files aside and telling of them.
func (d *daemon) scanned(err, told error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if told != nil && d.state.tellFault == nil {
		d.rt.Logger.Warn("wrong files are not put aside, or not told of", "error", told)
	}
	d.state.tellFault = told
	changed := (err == nil) != (d.state.scanFault == nil)
	if d.state.scanFault = err; err == nil {
		d.state.scannedAt = d.rt.Now()
	}
	if changed && err != nil {
		d.rt.Logger.Warn("the folders cannot be looked at", "error", err)
	}
}
