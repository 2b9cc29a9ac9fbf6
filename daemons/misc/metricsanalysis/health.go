package metricsanalysis

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// lateAfter is how old the last round may be beside the interval.
	lateAfter   = time.Minute
	maxFindings = 50
)

// Health implements host.Checker: what the curves say is a finding. The details have every curve with its slope.
func (a *analysis) Health(context.Context) spec.Health {
	a.mu.Lock()
	at, readings := a.at, a.readings
	a.mu.Unlock()
	now := a.rt.Now()
	switch {
	case a.config.Configs == nil:
		return spec.Health{Status: spec.HealthOK, At: now, Message: "no configuration is trained"}
	case at.IsZero():
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no round has ended yet"}
	}
	health := spec.Health{Status: spec.HealthOK, At: now, Findings: findings(readings), Details: map[string]any{"last_success_at": at, "curves": readings}}
	if age := now.Sub(at); age > a.config.Interval+lateAfter {
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last round was %.0f s ago", age.Seconds())
	}
	return health
}

func findings(readings map[string]map[string]reading) (found []string) {
	for _, configKey := range slices.Sorted(maps.Keys(readings)) {
		for _, metric := range slices.Sorted(maps.Keys(readings[configKey])) {
			switch read := readings[configKey][metric]; {
			case read.Regression != "":
				found = append(found, fmt.Sprintf("%s: %s: %s regression from %.4g to %.4g", configKey, metric, read.Regression, read.Best, read.Current))
			case read.Plateau:
				found = append(found, fmt.Sprintf("%s: %s: no improvement for %d points", configKey, metric, read.SinceBest))
			}
		}
	}
	return found[:min(len(found), maxFindings)]
}
