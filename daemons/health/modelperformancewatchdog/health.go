package modelperformancewatchdog

import (
	"context"

	"github.com/ringrift/orchestrator/internal/spec"
)

const maxFindings = 50

// Health implements host.Checker: weak models are findings. The watchdog is well as long as it looks.
func (w *watchdog) Health(context.Context) spec.Health {
	if w.config.Configs == nil {
		return spec.Health{Status: spec.HealthOK, At: w.rt.Now(), Message: "no configuration is trained"}
	}
	last, health, ended := w.Last("round")
	if !ended {
		return health
	}
	health.Findings = last.findings[:min(len(last.findings), maxFindings)]
	health.Details["models_in_office"] = last.watched
	return health
}
