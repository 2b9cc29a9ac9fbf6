package workqueuemonitor

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// lateAfter is how old the last look may be beside the interval.
	lateAfter = time.Minute
	// maxFindings bounds the list; the ledger has it all.
	maxFindings = 50
)

func (v *view) find(format string, args ...any) {
	if len(v.findings) < maxFindings {
		v.findings = append(v.findings, fmt.Sprintf(format, args...))
	}
}

// Health implements host.Checker: the monitor is well as long as it looks.
func (m *monitor) Health(context.Context) spec.Health {
	m.mu.Lock()
	last := m.last
	m.mu.Unlock()
	now := m.rt.Now()
	if last.at.IsZero() {
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no look has ended yet"}
	}
	health := spec.Health{Status: spec.HealthOK, At: now, Findings: last.findings, Details: map[string]any{
		"last_success_at": last.at, "pending": last.counts[ledger.Pending], "waiting": last.counts[ledger.Waiting],
		"claimed": last.counts[ledger.Claimed], "running": last.counts[ledger.Running],
		"latency_mean_seconds": last.waits.Total.Mean.Seconds(), "latency_p95_seconds": last.waits.Total.P95.Seconds(),
		"latency_max_seconds": last.waits.Total.Max.Seconds(), "latency_jobs": last.waits.Jobs,
	}}
	if age := now.Sub(last.at); age > m.config.Interval+lateAfter {
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last look was %.0f s ago", age.Seconds())
	}
	return health
}
