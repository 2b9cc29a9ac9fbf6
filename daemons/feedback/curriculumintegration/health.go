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

const (
	// lateAfter is how old the last round may be beside the interval.
	lateAfter = time.Minute
	// longBound is how long a weight may be at its bound before that is worth a look.
	longBound = 24 * time.Hour
)

// keep notes what a round has found.
func (i *integration) keep(weights feedback.Weights) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now, policy := i.rt.Now(), i.config.Policy().Curriculum
	i.last, i.at = weights, now
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
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.rt.Now()
	switch {
	case i.config.Configs == nil:
		return spec.Health{Status: spec.HealthOK, At: now, Message: "no configuration is to be trained"}
	case i.at.IsZero():
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no round has ended yet"}
	}
	weights := map[string]any{}
	for key := range i.last.Values {
		weights[key] = map[string]any{"weight": i.last.Of(key, now), "causes": i.last.Causes[key]}
	}
	health := spec.Health{Status: spec.HealthOK, At: now, Details: map[string]any{
		"last_success_at": i.at, "weights_version": i.last.Version, "weights": weights,
	}}
	for _, key := range slices.Sorted(maps.Keys(i.bound)) {
		health.Findings = append(health.Findings, fmt.Sprintf("the weight of %s is at its bound, %.2f", key, i.last.Of(key, now)))
		if now.Sub(i.bound[key]) > longBound {
			health.Status, health.Message = spec.HealthDegraded, fmt.Sprintf("the weight of %s is at its bound for more than a day", key)
		}
	}
	if age := now.Sub(i.at); age > i.config.Interval+lateAfter {
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last round was %.0f s ago", age.Seconds())
	}
	return health
}
