package clustermonitor

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// lateAfter is how old the last look may be, beside the interval: a look has bounds of its own.
	lateAfter = time.Minute
	// maxFindings bounds the list; the ledger has it all.
	maxFindings = 50
)

// Health implements host.Checker: the monitor is well as long as it looks and sees.
func (m *monitor) Health(context.Context) spec.Health {
	m.mu.Lock()
	last := m.last
	m.mu.Unlock()
	now := m.rt.Now()
	if last.at.IsZero() {
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no look has ended yet"}
	}
	health := spec.Health{
		Status: spec.HealthOK, At: now, Findings: last.findings[:min(len(last.findings), maxFindings)],
		Details: map[string]any{"nodes_well": last.well, "nodes_total": last.total},
	}
	switch age := now.Sub(last.at); {
	case age > m.config.Interval+lateAfter:
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last look was %.0f s ago", age.Seconds())
	case last.blind:
		health.Status, health.Message = spec.HealthDegraded, "no node reports: P2P_BACKEND runs nowhere, or does not reach the event bus"
	case last.stallFault != nil:
		health.Status, health.Message = spec.HealthDegraded, last.stallFault.Error()
	}
	return health
}

func (m *monitor) keep(found overview) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = found
}
