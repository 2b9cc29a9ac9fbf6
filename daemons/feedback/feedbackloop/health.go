package feedbackloop

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// longPause is how long a plan may hold a training before that is worth a look.
const longPause = time.Hour

// Health implements host.Checker: that of the desk, and the plans that hold trainings. The details say of every plan
// what it follows from.
func (l *loop) Health(ctx context.Context) spec.Health {
	health, now, plans := l.Desk.Health(ctx), l.rt.Now(), map[string]any{}
	held, since := l.planner.held()
	for _, key := range slices.Sorted(maps.Keys(held)) {
		plan := held[key]
		plans[key] = map[string]any{"plan_version": plan.Version, "values": plan.At(now).Values, "causes": plan.Why()}
		if !plan.At(now).Paused() {
			continue
		}
		health.Findings = append(health.Findings, fmt.Sprintf("%s: plan %s holds the training: %s", key, plan.Version, strings.Join(plan.Why(), "; ")))
		if health.Status == spec.HealthOK && now.Sub(since[key]) > longPause {
			health.Status, health.Message = spec.HealthDegraded, fmt.Sprintf("plans hold the training of %s for more than an hour", key)
		}
	}
	if len(plans) > 0 && health.Details != nil {
		health.Details["plans"] = plans
	}
	return health
}
