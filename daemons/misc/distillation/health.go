package distillation

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// lateAfter is how old the last round may be beside the interval.
	lateAfter = time.Minute
	// patience is how long a canonical model may be without a student.
	patience = 2 * time.Hour
)

// Health implements host.Checker: what teachers wait for are findings, and one that waits for long is worth a look.
func (d *distiller) Health(context.Context) spec.Health {
	d.mu.Lock()
	last := d.last
	d.mu.Unlock()
	now := d.rt.Now()
	if last.at.IsZero() {
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no round has ended yet"}
	}
	health := spec.Health{
		Status: spec.HealthOK, At: now, Findings: last.findings,
		Details: map[string]any{"last_success_at": last.at, "students": last.distilled},
	}
	switch age := now.Sub(last.at); {
	case age > d.config.Interval+lateAfter:
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last round was %.0f s ago", age.Seconds())
	case !last.oldest.IsZero() && now.Sub(last.oldest) > patience:
		health.Status, health.Message = spec.HealthDegraded, fmt.Sprintf("a model that is canonical since %s has no student", last.oldest.UTC().Format(time.RFC3339))
	}
	return health
}
