package selfplaycoordinator

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// lateAfter is how old the last round may be beside the interval.
const lateAfter = time.Minute

// Health implements host.Checker. The details have every factor of every share, so that an operator sees why.
func (c *coordinator) Health(context.Context) spec.Health {
	c.mu.Lock()
	last := c.last
	c.mu.Unlock()
	now := c.rt.Now()
	switch {
	case c.config.Configs == nil:
		return spec.Health{Status: spec.HealthOK, At: now, Message: "no configuration is to be trained"}
	case last.at.IsZero():
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no round has ended yet"}
	}
	health := spec.Health{Status: spec.HealthOK, At: now, Findings: last.findings, Details: map[string]any{"last_success_at": last.at}}
	if last.plan == nil || len(last.plan.Configs) == 0 {
		health.Message = "nothing is to be played"
	} else {
		shares := map[string]any{}
		for _, config := range last.plan.Configs {
			shares[config.Key] = config.Score
		}
		health.Details["plan_id"], health.Details["shares"] = last.plan.ID, shares
	}
	if age := now.Sub(last.at); age > c.config.Interval+lateAfter {
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last round was %.0f s ago", age.Seconds())
	}
	return health
}
