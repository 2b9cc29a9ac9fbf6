package modeldistribution

import (
	"context"
	"errors"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// maxTold bounds what is remembered of failures that targets tell.
const maxTold = 10_000

// Subscriptions implements host.Subscriber.
func (d *daemon) Subscriptions() []bus.Name {
	return []bus.Name{"DATA_QUARANTINED", "DATA_SYNC_COMPLETED", "DATA_SYNC_FAILED", "MODEL_PROMOTED", "PROMOTION_ROLLED_BACK", "TRAINING_STARTED", "TRAINING_COMPLETED"}
}

// Handle implements host.Subscriber: a corrupt copy is noted in the catalog, an arrival, a promotion, and the beginning and the
// end of a training bring the next round forward, a failure ends an attempt early.
func (d *daemon) Handle(ctx context.Context, event bus.Event) error {
	if event.Name == "DATA_QUARANTINED" {
		return d.noteCorrupt(ctx, event)
	}
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

// noteCorrupt has the ledger know which copy was proved corrupt: no inventory lists what lies in quarantine.
func (d *daemon) noteCorrupt(ctx context.Context, event bus.Event) error {
	found, err := bus.Decode[bus.DataQuarantined](event)
	if err != nil {
		return err
	}
	session, err := d.rt.Ledger(ctx)
	if err != nil {
		return err
	}
	place := data.Place{Role: data.Role(found.Role), Name: found.Name}
	err = session.ReportCorrupt(ctx, ledger.Corruption{
		SHA256: found.SHA256, Node: found.NodeID, Path: jobs.HolderPath(place), Reason: found.Reason, Genuine: found.Genuine,
	})
	if errors.Is(err, ledger.ErrNotFound) || errors.Is(err, ledger.ErrInvalid) { // a live store has no hash, and not every file is catalogued
		return nil
	}
	return err
}

// heard returns what was told since it was last called. What is not under way is nobody's business any more.
func (d *daemon) heard() map[delivery]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	told := d.told
	d.told = map[delivery]string{}
	return told
}
