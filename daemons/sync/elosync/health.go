package elosync

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	staleRounds = 3
	maxFindings = 20
)

// figures are what one round did.
type figures struct {
	read, added, refused int
	unread               int // databases that cannot be read
	digest               string
	findings             []string
	fault                error
	endedAt              time.Time
}

func (f *figures) refuse(row record, err error) {
	f.refused++
	if len(f.findings) < maxFindings {
		f.findings = append(f.findings, fmt.Sprintf("match %d, game %q: %v", row.number, row.gameID, err))
	}
}

func (d *daemon) record(work figures, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	work.fault, work.endedAt = err, d.rt.Now()
	if work.read == 0 && len(work.findings) == 0 { // nothing new: what was refused still is
		work.findings, work.refused = d.state.findings, d.state.refused
	}
	d.state = work
}

// Health implements host.Checker. Rows that make no sense are findings.
func (d *daemon) Health(context.Context) spec.Health {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, s := d.rt.Now(), d.state
	health := spec.Health{Status: spec.HealthOK, At: now, Findings: s.findings, Details: map[string]any{
		"matches_read": s.read, "matches_added": s.added, "matches_refused": s.refused, "ratings_digest": s.digest,
	}}
	if !s.endedAt.IsZero() {
		health.Details["last_success_at"] = s.endedAt
	}
	switch {
	case s.endedAt.IsZero():
		health.Status, health.Message = spec.HealthUnknown, "no round has ended yet"
	case now.Sub(s.endedAt) > staleRounds*d.config.Interval:
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("no round has ended for %.0f s", now.Sub(s.endedAt).Seconds())
	case s.fault != nil:
		health.Status, health.Message = spec.HealthDegraded, s.fault.Error()
	case s.unread > 0:
		health.Status, health.Message = spec.HealthDegraded, fmt.Sprintf("%d databases of matches cannot be read", s.unread)
	}
	return health
}
