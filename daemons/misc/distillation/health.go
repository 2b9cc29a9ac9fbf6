package distillation

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// patience is how long a canonical model may be without a student.
const patience = 2 * time.Hour

// Health implements host.Checker: what teachers wait for are findings, and one that waits for long is worth a look.
func (d *distiller) Health(context.Context) spec.Health {
	last, health, ended := d.Last("round")
	if !ended {
		return health
	}
	health.Findings, health.Details["students"] = last.findings, last.distilled
	if health.Status == spec.HealthOK && !last.oldest.IsZero() && health.At.Sub(last.oldest) > patience {
		health.Status = spec.HealthDegraded
		health.Message = fmt.Sprintf("a model that is canonical since %s has no student", last.oldest.UTC().Format(time.RFC3339))
	}
	return health
}
