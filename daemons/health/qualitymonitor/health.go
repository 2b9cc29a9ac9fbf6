package qualitymonitor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/quality"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// lateAfter is how old the last round may be beside the interval.
	lateAfter = time.Minute
	// maxFindings are shown.
	maxFindings = 50
)

// Health implements host.Checker: poor games are a finding. The monitor is ill if it does not look, and unwell if it
// cannot judge what it sees.
func (m *monitor) Health(context.Context) spec.Health {
	m.mu.Lock()
	last := m.last
	m.mu.Unlock()
	now := m.rt.Now()
	if last.at.IsZero() {
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no round has ended yet"}
	}
	health := spec.Health{
		Status: spec.HealthOK, At: now, Details: map[string]any{"last_success_at": last.at, "configs": last.standings, "waiting": last.waiting},
	}
	for _, configKey := range slices.Sorted(maps.Keys(last.standings)) {
		switch of := last.standings[configKey]; of.State {
		case quality.Degraded, quality.Poor:
			health.Findings = append(health.Findings, fmt.Sprintf("the last %d games of %s are %s: %.2f", of.Games, configKey, of.State, of.Mean))
		case quality.Unknown:
			health.Findings = append(health.Findings, fmt.Sprintf("none of the last %d games of %s is judged", of.Unjudged, configKey))
		}
	}
	for _, configKey := range slices.Sorted(maps.Keys(last.faults)) {
		health.Status, health.Message = spec.HealthDegraded, "the games of some files cannot be judged"
		health.Findings = append(health.Findings, last.faults[configKey]...)
	}
	health.Findings = health.Findings[:min(len(health.Findings), maxFindings)]
	if age := now.Sub(last.at); age > m.config.Interval+lateAfter {
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last round was %.0f s ago", age.Seconds())
	}
	return health
}
