package continuoustrainingloop

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/loops"
	"github.com/ringrift/orchestrator/internal/spec"
)

// lateAfter is how old the last round may be beside the interval.
const lateAfter = time.Minute

// Health implements host.Checker: a loop that comes to nothing, or whose iteration is late, is worth a look; only rounds
// that do not end are this daemon's illness.
func (d *daemon) Health(context.Context) spec.Health {
	d.mu.Lock()
	at, last := d.at, d.last
	d.mu.Unlock()
	now := d.rt.Now()
	if at.IsZero() {
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no round has ended yet"}
	}
	health := spec.Health{Status: spec.HealthOK, At: now}
	states := map[string]any{}
	for _, loop := range last {
		if loop.Over() {
			continue
		}
		states[loop.ID] = loop.State
		late := loop.Turn != nil && loop.Turn.Late > 0
		if loop.State == loops.BackingOff || late {
			health.Status, health.Message = spec.HealthDegraded, "a loop does not get on"
			health.Findings = append(health.Findings, fmt.Sprintf("loop %s: %s", loop.ID, loop.Reason))
		}
	}
	health.Details = map[string]any{"last_success_at": at, "loops": states}
	if len(states) == 0 {
		health.Message = "no loop is ordered: `starter loop start` orders one"
	}
	if age := now.Sub(at); age > d.config.Interval+lateAfter {
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last round was %.0f s ago", age.Seconds())
	}
	return health
}
