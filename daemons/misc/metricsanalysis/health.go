package metricsanalysis

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/ringrift/orchestrator/internal/spec"
)

const maxFindings = 50

// Health implements host.Checker: what the curves say is a finding. The details have every curve with its slope.
func (a *analysis) Health(context.Context) spec.Health {
	if a.config.Configs == nil {
		return spec.Health{Status: spec.HealthOK, At: a.rt.Now(), Message: "no configuration is trained"}
	}
	last, health, ended := a.Last("round")
	if !ended {
		return health
	}
	health.Findings, health.Details["curves"] = findings(last.readings), last.readings
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
