package selfplay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// Plan says which configurations deserve which stock of new games.
type Plan struct {
	// ID names this plan. Jobs of another one that have not begun are cancelled.
	ID      string       `json:"plan_id"`
	Configs []PlanConfig `json:"configs"`
	// Settings is the version of the settings that the plan was made by.
	Settings string `json:"settings,omitempty"`
	Reason   string `json:"reason,omitempty"` // why it replaced the one before
	// Eased says that it shares out less than the whole budget, since too many evaluations are open.
	Eased bool `json:"eased,omitempty"`
	// Pressure is the part of every stock that is left out since the queues are full: 0 none, 1 all.
	Pressure float64 `json:"pressure,omitempty"`
	// Weights is the version of the curriculum's weights that the shares follow from; 0: nobody has weighed.
	Weights int64 `json:"weights_version,omitempty"`
}

// PlanConfig is one configuration of a plan.
type PlanConfig struct {
	Key string `json:"config_key"`
	// Weight is its share of the queue beside the others; 0 is 1.
	Weight float64 `json:"weight,omitempty"`
	// Stock is how many games that no iteration has taken are to be there or on their way.
	Stock int64 `json:"stock"`
	// GamesPerJob is how many games one job plays; 0 is 50.
	GamesPerJob int64 `json:"games_per_job,omitempty"`
	// Workload is the name of the workload; empty is the only one that a node has.
	Workload string `json:"workload,omitempty"`
	// Model plays, by the name in its params; without it the built-in player does.
	Model *jobs.Input `json:"model,omitempty"`
	// Params are those of the selfplay command but for the number of games and the model.
	Params map[string]any `json:"params,omitempty"`
	// Untuned are the params as the settings say, if a training plan has made others of them.
	Untuned map[string]any `json:"untuned_params,omitempty"`
	// TrainingPlan is the version of the training plan that tuned them; ExtraGames are those of the stock that it asks for.
	TrainingPlan string `json:"training_plan,omitempty"`
	ExtraGames   int64  `json:"extra_games,omitempty"`
	// Resources are what one job needs; no CPU is one.
	Resources ledger.Resources `json:"resources,omitzero"`
	Labels    []string         `json:"labels,omitempty"` // that a node must have
	// Score is what the weight follows from.
	Score *Score `json:"score,omitempty"`
}

const (
	maxConfigs         = 1000
	maxGamesPerJob     = 1_000_000
	defaultGamesPerJob = 50
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
	for i := range plan.Configs {
		config := &plan.Configs[i]
		if config.GamesPerJob == 0 {
			config.GamesPerJob = defaultGamesPerJob
		}
		if config.Weight == 0 {
			config.Weight = 1
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
	demand(p.Pressure >= 0 && p.Pressure <= 1, "pressure", p.Pressure, "use 0 (none) to 1 (all is left out)")
	demand(len(p.Configs) <= maxConfigs, "configs", len(p.Configs), "name at most 1000 configurations")
	seen := map[string]bool{}
	for i, config := range p.Configs {
		field := fmt.Sprintf("configs[%d].", i)
		demand(config.Key != "" && !seen[config.Key], field+"config_key", fmt.Sprintf("%q", config.Key), "name each configuration once")
		demand(config.Weight > 0, field+"weight", config.Weight, "use a number above 0")
		demand(config.Stock >= 0, field+"stock", config.Stock, "use 0 (none) or more")
		demand(config.GamesPerJob > 0 && config.GamesPerJob <= maxGamesPerJob, field+"games_per_job", config.GamesPerJob, "use 1 to 1000000")
		seen[config.Key] = true
	}
	return errors.Join(errs...)
}
