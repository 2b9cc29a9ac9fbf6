package dataserver

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	probeTimeout = 5 * time.Second
	readyPause   = 20 * time.Millisecond
	// staleScans is the number of intervals after which an inventory is too old; one look may take scanGrace.
	staleScans = 3
	scanGrace  = 5 * time.Minute
)

// Ready implements host.Readier: the server answers, and the folders were looked at once.
func (d *daemon) Ready(ctx context.Context) error {
	for {
		d.mu.Lock()
		listens, scanned := d.source.URL != "", !d.state.scannedAt.IsZero()
		d.mu.Unlock()
		if listens && scanned {
			return d.probe(ctx)
		}
		if !pause.For(ctx, readyPause) {
			return ctx.Err()
		}
	}
}

// Health implements host.Checker. Corrupt files are findings: they are not the server's illness.
func (d *daemon) Health(ctx context.Context) spec.Health {
	now := d.rt.Now()
	health := spec.Health{Status: spec.HealthOK, At: now, Details: map[string]any{}}
	fault := d.probe(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	health.Findings = append(health.Findings, d.state.quarantined...)
	health.Details["files_checked"], health.Details["files_undecided"] = d.state.checked, d.state.undecided
	if d.rt.Files != nil {
		inventory := d.rt.Files.Inventory()
		health.Details["files"], health.Details["files_pending"] = len(inventory.Items), inventory.Pending
	}
	if !d.state.scannedAt.IsZero() {
		health.Details["inventory_age_seconds"] = now.Sub(d.state.scannedAt).Seconds()
		health.Details["last_success_at"] = d.state.scannedAt
	}
	switch {
	case fault != nil:
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("it does not answer itself: %v", fault)
	case d.state.scannedAt.IsZero():
		health.Status, health.Message = spec.HealthUnknown, "the folders have not been looked at yet"
	case now.Sub(d.state.scannedAt) > staleScans*d.config.ScanInterval+scanGrace:
		health.Status = spec.HealthUnhealthy
		health.Message = fmt.Sprintf("the inventory is %.0f s old: %v", now.Sub(d.state.scannedAt).Seconds(), d.state.scanFault)
	case d.state.scanFault != nil:
		health.Status, health.Message = spec.HealthDegraded, fmt.Sprintf("the folders cannot be looked at: %v", d.state.scanFault)
	case d.state.tellFault != nil:
		health.Status, health.Message = spec.HealthDegraded, fmt.Sprintf("wrong files are not put aside, or not told of: %v", d.state.tellFault)
	case d.state.scrubFault != nil:
		health.Status, health.Message = spec.HealthDegraded, fmt.Sprintf("files are not read again: %v", d.state.scrubFault)
	}
	return health
}

// probe asks the server over the network for the beginning of its inventory, as another node would.
func (d *daemon) probe(ctx context.Context) error {
	d.mu.Lock()
	client, source := d.self, d.source
	d.mu.Unlock()
	if client == nil {
		return host.Dependency(fmt.Errorf("it does not listen yet"))
	}
	limited, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	_, err := client.Page(limited, source, "", 1)
	return err
}
