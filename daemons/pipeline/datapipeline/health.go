package datapipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/spec"
)

// maxFindings are shown.
const maxFindings = 50

// Health implements host.Checker: a loop that waits is a finding; only rounds that do not end are this daemon's illness.
func (d *daemon) Health(context.Context) spec.Health {
	if d.config.Configs == nil {
		return spec.Health{Status: spec.HealthOK, At: d.rt.Now(), Message: "no configuration is to be trained"}
	}
	last, health, ended := d.Last("round")
	if !ended {
		return health
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
	health.Findings = findings[:min(len(findings), maxFindings)]
	health.Details["stages"], health.Details["told"] = stages, last.told
	if err := d.fault(); err != nil && health.Status == spec.HealthOK {
		health.Status, health.Message = spec.HealthDegraded, "older settings are in force: "+strings.ReplaceAll(err.Error(), "\n  ", "; ")
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
