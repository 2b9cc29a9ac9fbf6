package queuemonitor

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/queuelevel"
	"github.com/ringrift/orchestrator/internal/spec"
)

// lateAfter is how old the last round may be beside the interval.
const lateAfter = time.Minute

// Health implements host.Checker: the monitor is well as long as it measures.
func (m *monitor) Health(context.Context) spec.Health {
	m.mu.Lock()
	last := m.last
	m.mu.Unlock()
	now := m.rt.Now()
	if last.at.IsZero() {
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no round has ended yet"}
	}
	worst := queuelevel.None
	health := spec.Health{Status: spec.HealthOK, At: now}
	for _, queue := range last.queues {
		level := queuelevel.Parse(queue.Level)
		worst = max(worst, level)
		switch {
		case queue.Unknown:
			health.Findings = append(health.Findings, fmt.Sprintf("nobody says how deep %s is", queue.Queue))
		case level >= queuelevel.Soft:
			health.Findings = append(health.Findings, fmt.Sprintf("%s is at %s: %.0f deep, %s", queue.Queue, level, queue.Depth, queue.Trend))
		}
	}
	health.Details = map[string]any{"last_success_at": last.at, "level": worst.String(), "queues": last.queues}
	if age := now.Sub(last.at); age > m.config.Interval+lateAfter {
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last round was %.0f s ago", age.Seconds())
	}
	return health
}
