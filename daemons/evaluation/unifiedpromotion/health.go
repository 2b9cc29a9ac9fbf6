package unifiedpromotion

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// many rollbacks within a week are worth a look.
	many = 3
	week = 7 * 24 * time.Hour
)

// sweep is what one look at all configurations found.
type sweep struct {
	configs  int
	findings []string
}

// note remembers what is worth a look about a configuration.
func (s *sweep) note(made decision, evidence promotion.GuardEvidence) {
	s.configs++
	if made.record.Verdict.Action == promotion.Refused {
		s.findings = append(s.findings, fmt.Sprintf("%s: the model in production is worse and is not taken back: %s", evidence.ConfigKey, made.Reason))
	}
	rollbacks := 0
	for _, at := range evidence.Rollbacks {
		if evidence.JudgedAt.Sub(at) < week {
			rollbacks++
		}
	}
	if rollbacks >= many {
		s.findings = append(s.findings, fmt.Sprintf("%s: production was rolled back %d times within a week", evidence.ConfigKey, rollbacks))
	}
}

// Health implements host.Checker: models that get worse are findings; only sweeps that do not end are this daemon's
// illness.
func (d *daemon) Health(context.Context) spec.Health {
	last, health, ended := d.Last("sweep")
	if !ended {
		return health
	}
	health.Findings, health.Details["configs"] = last.findings, last.configs
	if health.Status == spec.HealthOK && len(last.findings) > 0 {
		health.Status, health.Message = spec.HealthDegraded, "production needs a look"
	}
	return health
}
