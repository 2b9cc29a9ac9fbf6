package daemonwatchdog

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

const maxFindings = 50

// report is what the last round left behind.
type report struct {
	lookedAt    time.Time // last look that succeeded
	failure     error     // of the last look
	watched     int
	findings    []string
	pending     int
	told        int // alerts that arrived everywhere, in this run
	dropped     int // alerts given up, in this run
	webhookDown error
}

// Health implements host.Checker. It tells of the watchdog's own rounds; the state of the fleet is in the
// findings.
func (d *daemon) Health(context.Context) spec.Health {
	last, now := d.report(), d.now()
	health := spec.Health{Status: spec.HealthOK, At: now, Findings: last.findings, Details: map[string]any{
		"daemons_watched": last.watched, "alerts_pending": last.pending,
		"alerts_told": last.told, "alerts_dropped": last.dropped,
	}}
	switch {
	case last.failure != nil:
		health.Status, health.Message = spec.HealthWaiting, last.failure.Error()
	case last.lookedAt.IsZero():
		health.Status, health.Message = spec.HealthUnknown, "has not looked at the fleet yet"
	case now.Sub(last.lookedAt) > d.patience():
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("last looked at the fleet at %s", clock(last.lookedAt))
	case last.webhookDown != nil:
		health.Status, health.Message = spec.HealthDegraded, last.webhookDown.Error()
	}
	return health
}

func (d *daemon) report() report {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last
}

func (d *daemon) looked(at time.Time, watched int, findings []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(findings, d.last.findings) {
		d.logger.Info("findings changed", "count", len(findings))
	}
	d.last.lookedAt, d.last.failure, d.last.watched = at, nil, watched
	d.last.findings = findings[:min(len(findings), maxFindings)]
}

func (d *daemon) missed(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last.failure = err
}

func (d *daemon) delivered(told, dropped, pending int, webhookDown error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last.told += told
	d.last.dropped += dropped
	d.last.pending, d.last.webhookDown = pending, webhookDown
}
