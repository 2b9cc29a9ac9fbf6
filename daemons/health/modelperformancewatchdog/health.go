package modelperformancewatchdog

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// lateAfter is how old the last round may be beside the interval.
	lateAfter   = time.Minute
	maxFindings = 50
)

// Health implements host.Checker: weak models are findings. The watchdog is well as long as it looks.
func (w *watchdog) Health(context.Context) spec.Health {
	w.mu.Lock()
	last := w.last
	w.mu.Unlock()
	now := w.rt.Now()
	switch {
	case w.config.Configs == nil:
		return spec.Health{Status: spec.HealthOK, At: now, Message: "no configuration is trained"}
	case last.at.IsZero():
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no round has ended yet"}
	}
	health := spec.Health{
		Status: spec.HealthOK, At: now, Findings: last.findings[:min(len(last.findings), maxFindings)],
		Details: map[string]any{"last_success_at": last.at, "models_in_office": last.watched},
	}
	if age := now.Sub(last.at); age > w.config.Interval+lateAfter {
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last round was %.0f s ago", age.Seconds())
	}
	return health
}
