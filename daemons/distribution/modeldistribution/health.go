package modeldistribution

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	maxFindings = 20
	staleRounds = 3
	roundGrace  = 5 * time.Minute
)

// figures are what one round found.
type figures struct {
	members, underWay         int
	wanted, delivered, failed int // pairs of file and node
	findings                  []string
	fault                     error
	endedAt                   time.Time
}

func (f *figures) finding(format string, values ...any) {
	if len(f.findings) < maxFindings {
		f.findings = append(f.findings, fmt.Sprintf(format, values...))
	}
}

// Health implements host.Checker. Nodes that are away or cannot be given a file are findings.
func (d *daemon) Health(context.Context) spec.Health {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, s := d.rt.Now(), d.state
	health := spec.Health{Status: spec.HealthOK, At: now, Findings: s.findings, Details: map[string]any{
		"nodes": s.members, "copies_wanted": s.wanted, "copies_delivered": s.delivered, "copies_failed": s.failed, "under_way": s.underWay,
	}}
	if !s.endedAt.IsZero() {
		health.Details["last_success_at"] = s.endedAt
	}
	switch {
	case s.endedAt.IsZero():
		health.Status, health.Message = spec.HealthUnknown, "no round has ended yet"
	case now.Sub(s.endedAt) > staleRounds*d.config.Interval+roundGrace:
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("no round has ended for %.0f s", now.Sub(s.endedAt).Seconds())
	case s.fault != nil:
		health.Status, health.Message = spec.HealthDegraded, s.fault.Error()
	case s.failed > 0:
		health.Status, health.Message = spec.HealthDegraded, fmt.Sprintf("%d of %d copies could not be delivered", s.failed, s.wanted)
	}
	return health
}
