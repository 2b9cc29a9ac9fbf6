package modeldistribution

import (
	"context"

	"github.com/ringrift/orchestrator/internal/bus"
)

// maxTold bounds what is remembered of failures that targets tell.
const maxTold = 10_000

// Subscriptions implements host.Subscriber.
func (d *daemon) Subscriptions() []bus.Name {
	return []bus.Name{"DATA_SYNC_COMPLETED", "DATA_SYNC_FAILED", "MODEL_PROMOTED", "PROMOTION_ROLLED_BACK", "TRAINING_STARTED"}
}

// Handle implements host.Subscriber: an arrival, a promotion and a training bring the next round forward, a failure ends
// an attempt early.
func (d *daemon) Handle(_ context.Context, event bus.Event) error {
	if event.Name != "DATA_SYNC_FAILED" {
		return nil
	}
	failure, err := bus.Decode[bus.DataSyncFailed](event)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.told) < maxTold {
		d.told[delivery{failure.SHA256, failure.NodeID}] = failure.Error
	}
	return nil
}

// heard returns what was told since it was last called. What is not under way is nobody's business any more.
func (d *daemon) heard() map[delivery]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	told := d.told
	d.told = map[delivery]string{}
	return told
}
