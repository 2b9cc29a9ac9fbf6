package datapipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// lateAfter is how old the last round may be beside the interval.
	lateAfter   = time.Minute
	maxFindings = 50
)

// Health implements host.Checker: a loop that waits is a finding; only rounds that do not end are this daemon's illness.
func (d *daemon) Health(context.Context) spec.Health {
	d.mu.Lock()
	last := d.last
	d.mu.Unlock()
	now := d.rt.Now()
	if d.config.Configs == nil {
		return spec.Health{Status: spec.HealthOK, At: now, Message: "no configuration is to be trained"}
	}
	if last.at.IsZero() {
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no round has ended yet"}
	}
	findings := slices.Concat(last.failed, last.waiting)
	stages := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(last.configs)) {
		facts := last.configs[key]
		stages[key] = stageOf(facts)
		for _, fact := range facts.Stages {
			if fact.State == spec.StageFailed {
				findings = append(findings, fmt.Sprintf("%s: attempt %d of %s has failed: %s", key, fact.Attempt, fact.Stage, fact.Error))
			}
		}
	}
	health := spec.Health{
		Status: spec.HealthOK, At: now, Findings: findings[:min(len(findings), maxFindings)],
		Details: map[string]any{"last_success_at": last.at, "stages": stages, "told": last.told},
	}
	if err := d.fault(); err != nil {
		health.Status, health.Message = spec.HealthDegraded, "older settings are in force: "+strings.ReplaceAll(err.Error(), "\n  ", "; ")
	}
	if age := now.Sub(last.at); age > d.config.Interval+lateAfter {
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last round was %.0f s ago", age.Seconds())
	}
	return health
}

func (d *daemon) fault() error {
	if d.config.Fault == nil {
		return nil
	}
	return d.config.Fault()
}

// stageOf is where a configuration is, as far as the ledger tells.
func stageOf(facts spec.PipelineFacts) string {
	if facts.Iteration == 0 {
		return string(spec.StageIdle)
	}
	for _, fact := range facts.Stages {
		if fact.State == spec.StageOrdered {
			return string(fact.Stage)
		}
	}
	return string(spec.StageCollecting)
}
