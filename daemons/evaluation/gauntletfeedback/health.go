package gauntletfeedback

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// look is what one look at all configurations found.
type look struct {
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
	last, health, ended := d.Last("look")
	if !ended {
		return health
	}
	health.Details["answered"] = last.answered
	for _, configKey := range slices.Sorted(maps.Keys(last.unusable)) {
		health.Findings = append(health.Findings, last.unusable[configKey])
	}
	if health.Status == spec.HealthOK && len(health.Findings) > 0 {
		health.Status, health.Message = spec.HealthDegraded, "an evaluation lacks what a proposal rests on"
	}
	return health
}
