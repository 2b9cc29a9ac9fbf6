package curriculumintegration

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/spec"
)

// longBound is how long a weight may be at its bound before that is worth a look.
const longBound = 24 * time.Hour

// watch notes which weights are at their bounds.
func (i *integration) watch(weights feedback.Weights) {
	now, policy := i.rt.Now(), i.config.Policy().Curriculum
	for key := range weights.Values {
		value := weights.Of(key, now)
		switch _, since := i.bound[key]; {
		case value > policy.MinWeight && value < policy.MaxWeight:
			delete(i.bound, key)
		case !since:
			i.bound[key] = weights.MadeAt
		}
	}
}

// Health implements host.Checker. The details say of every weight what it follows from.
func (i *integration) Health(context.Context) spec.Health {
	now := i.rt.Now()
	if i.config.Configs == nil {
		return spec.Health{Status: spec.HealthOK, At: now, Message: "no configuration is to be trained"}
	}
	last, health, ended := i.Last("round")
	if !ended {
		return health
	}
	weights := map[string]any{}
	for key := range last.weights.Values {
		weights[key] = map[string]any{"weight": last.weights.Of(key, now), "causes": last.weights.Causes[key]}
	}
	health.Details["weights_version"], health.Details["weights"] = last.weights.Version, weights
	for _, key := range slices.Sorted(maps.Keys(last.bound)) {
		health.Findings = append(health.Findings, fmt.Sprintf("the weight of %s is at its bound, %.2f", key, last.weights.Of(key, now)))
		if now.Sub(last.bound[key]) > longBound && health.Status == spec.HealthOK {
			health.Status, health.Message = spec.HealthDegraded, fmt.Sprintf("the weight of %s is at its bound for more than a day", key)
		}
	}
	return health
}
