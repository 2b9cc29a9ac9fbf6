package idleresource

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// lateAfter is how old the last look may be beside the interval.
const lateAfter = time.Minute

// Health implements host.Checker. Whether the node is idle is a fact about the node: only what cannot be measured is this
// daemon's illness.
func (d *daemon) Health(context.Context) spec.Health {
	d.mu.Lock()
	last := d.last
	d.mu.Unlock()
	now := d.rt.Now()
	if last.At.IsZero() {
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no look has ended yet"}
	}
	health := spec.Health{Status: spec.HealthOK, At: now, Details: map[string]any{"last_success_at": last.At}}
	if idle, known := last.Get(); known {
		health.Details["idle_seconds"], health.Details["cpu_share"] = idle.Seconds, idle.CPU
		if health.Message = idle.Reason; idle.Reason == "" {
			health.Message = fmt.Sprintf("idle for %.0f s", idle.Seconds)
		}
	} else {
		health.Status, health.Message = spec.HealthDegraded, "whether the node is idle is unknown: "+last.Fault
	}
	if age := now.Sub(last.At); age > d.config.Interval+lateAfter {
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last look was %.0f s ago", age.Seconds())
	}
	return health
}
