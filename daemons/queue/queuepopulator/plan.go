package queuepopulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// Plan says which configurations deserve how many games.
type Plan struct {
	// ID names this plan. Another plan has another one: jobs of the old one that have not begun are cancelled.
	ID      string       `json:"plan_id"`
	Configs []PlanConfig `json:"configs"`
	// GamesPerJob is how many games one job plays; 0 is 50.
	GamesPerJob int64 `json:"games_per_job,omitempty"`
	// Workload is the name of the workload; empty is the only one that a node has.
	Workload string `json:"workload,omitempty"`
	// Params are those of the selfplay command but for the number of games.
	Params map[string]any `json:"params,omitempty"`
	// Resources are what one job needs; no CPU is one.
	Resources ledger.Resources `json:"resources,omitzero"`
	Labels    []string         `json:"labels,omitempty"` // that a node must have
}

// PlanConfig is one configuration of a plan.
type PlanConfig struct {
	Key string `json:"config_key"`
	// Weight is its share of the queue beside the others; 0 is 1.
	Weight float64 `json:"weight,omitempty"`
	// Games is how many of its games there are to be in the end, those of earlier plans included; 0 is no end.
	Games int64 `json:"games,omitempty"`
}

const (
	maxConfigs     = 1000
	maxGamesPerJob = 1_000_000
)

var planName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// ParsePlan reads a plan as JSON. Its error tells everything that is wrong with it.
func ParsePlan(document []byte) (*Plan, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	var plan Plan
	if err := decoder.Decode(&plan); err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	if plan.GamesPerJob == 0 {
		plan.GamesPerJob = 50
	}
	for i := range plan.Configs {
		if plan.Configs[i].Weight == 0 {
			plan.Configs[i].Weight = 1
		}
	}
	return &plan, plan.check()
}

func (p *Plan) check() error {
	var errs []error
	demand := func(holds bool, field string, value any, fix string) {
		if !holds {
			errs = append(errs, fmt.Errorf("the plan's %s is %v: %s", field, value, fix))
		}
	}
	demand(planName.MatchString(p.ID), "plan_id", fmt.Sprintf("%.120q", p.ID), "use letters, digits, dot, dash, underscore; at most 100")
	demand(len(p.Configs) > 0 && len(p.Configs) <= maxConfigs, "configs", len(p.Configs), "name 1 to 1000 configurations")
	demand(p.GamesPerJob > 0 && p.GamesPerJob <= maxGamesPerJob, "games_per_job", p.GamesPerJob, "use 1 to 1000000")
	seen := map[string]bool{}
	for i, config := range p.Configs {
		field := fmt.Sprintf("configs[%d].", i)
		demand(config.Key != "" && !seen[config.Key], field+"config_key", fmt.Sprintf("%q", config.Key), "name each configuration once")
		demand(config.Weight > 0, field+"weight", config.Weight, "use a number above 0")
		demand(config.Games >= 0, field+"games", config.Games, "use 0 (no end) or more")
		seen[config.Key] = true
	}
	return errors.Join(errs...)
}
