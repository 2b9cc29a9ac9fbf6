package selfplaycoordinator

import (
	"cmp"
	"context"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Health implements host.Checker. The details have every factor of every share, so that an operator sees why.
func (c *coordinator) Health(context.Context) spec.Health {
	if c.config.Configs == nil {
		return spec.Health{Status: spec.HealthOK, At: c.rt.Now(), Message: "no configuration is to be trained"}
	}
	last, health, ended := c.Last("round")
	if !ended {
		return health
	}
	health.Findings = last.findings
	if last.plan == nil || len(last.plan.Configs) == 0 {
		health.Message = cmp.Or(health.Message, "nothing is to be played")
	} else {
		shares := map[string]any{}
		for _, config := range last.plan.Configs {
			shares[config.Key] = config.Score
		}
		health.Details["plan_id"], health.Details["shares"] = last.plan.ID, shares
	}
	return health
}
