package gauntletfeedback

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// lateAfter is how old the last look may be beside the interval.
const lateAfter = time.Minute

// look is what one look at all configurations found.
type look struct {
	at       time.Time
	answered int
	unusable map[string]string // by configuration: what its newest evaluation lacks
}

// note remembers whether the newest evaluation of a configuration could be used.
func (l *look) note(answer ledger.Decision) {
	if l.unusable == nil {
		l.unusable = map[string]string{}
	}
	delete(l.unusable, answer.ConfigKey)
	if answer.Verdict == verdictUnusable {
		l.unusable[answer.ConfigKey] = fmt.Sprintf("%s: evaluation %s gave no proposal: %s", answer.ConfigKey, answer.Key, answer.Reason)
	}
}

// Health implements host.Checker.
func (d *daemon) Health(context.Context) spec.Health {
	d.mu.Lock()
	last := d.last
	d.mu.Unlock()
	now := d.rt.Now()
	if last.at.IsZero() {
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no look has ended yet"}
	}
	health := spec.Health{Status: spec.HealthOK, At: now, Details: map[string]any{"last_success_at": last.at, "answered": last.answered}}
	for _, configKey := range slices.Sorted(maps.Keys(last.unusable)) {
		health.Findings = append(health.Findings, last.unusable[configKey])
	}
	switch age := now.Sub(last.at); {
	case age > d.config.Interval+lateAfter:
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last look was %.0f s ago", age.Seconds())
	case len(health.Findings) > 0:
		health.Status, health.Message = spec.HealthDegraded, "an evaluation lacks what a proposal rests on"
	}
	return health
}
