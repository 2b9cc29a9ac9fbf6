package dataserver

import (
	"context"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
)

// maxDoubts bounds the files that wait to be read again; the others are told of again.
const maxDoubts = 1000

// Subscriptions implements host.Subscriber.
func (d *daemon) Subscriptions() []bus.Name { return []bus.Name{"SYNC_CHECKSUM_FAILED"} }

// Handle implements host.Subscriber: somebody was sent other bytes of a file than its hash says. If this node has it, it
// may be what sent them, and reads its copy again now: it may be long before its turn comes.
func (d *daemon) Handle(_ context.Context, event bus.Event) error {
	failed, err := bus.Decode[bus.SyncChecksumFailed](event)
	if err != nil {
		return err
	}
	sum, err := data.ParseSum(failed.SHA256)
	if err != nil || d.rt.Files == nil || len(d.rt.Files.Find(sum)) == 0 {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.doubts) < maxDoubts {
		d.doubts[sum] = true
	}
	select {
	case d.doubted <- struct{}{}:
	default: // it is told already
	}
	return nil
}

// keepAnswering reads the files again that are in doubt.
func (d *daemon) keepAnswering(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.doubted:
		}
		for sum := range d.takeDoubts() {
			for _, item := range d.rt.Files.Find(sum) {
				if err := d.check(ctx, item); err != nil && ctx.Err() == nil {
					d.rt.Logger.Warn("a file in doubt could not be read again", "file", item.Place.String(), "error", err)
				}
			}
		}
	}
}

func (d *daemon) takeDoubts() map[data.Sum]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	taken := d.doubts
	d.doubts = map[data.Sum]bool{}
	return taken
}
