package selfplaycoordinator

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/selfplay"
	"github.com/ringrift/orchestrator/internal/workload"
)

const (
	// moved is by how much of itself a share must have moved for another plan.
	moved = .25
	// tolerance is how far two numbers may be off that are the same.
	tolerance = 1e-9
	// idForm sorts as text as the plans do in time: two plans are never made in one millisecond.
	idForm = "20060102T150405.000"
)

// draft is the plan that the candidates deserve, as far as the queues leave room for it; it has no name yet.
func draft(candidates []candidate, settings Settings, full fullness) *selfplay.Plan {
	features := make([]selfplay.Features, len(candidates))
	for i, one := range candidates {
		features[i] = one.features
	}
	plan := &selfplay.Plan{Settings: settings.Version, Reason: full.why, Pressure: 1 - full.factor, Configs: []selfplay.PlanConfig{}}
	budget := float64(settings.BudgetGames * int64(len(candidates)))
	for i, score := range selfplay.Scores(features, selfplay.Sharing{Floor: settings.FloorShare, Cap: settings.CapShare}) {
		one := candidates[i]
		needs := one.workload.Manifest.Needs(workload.Selfplay)
		stock := min(one.required+settings.AheadGames, max(one.required, int64(math.Round(budget*score.Share*settings.pace(score.Features))))) + one.plan.Values.ExtraGames
		config := selfplay.PlanConfig{
			Key: one.key, Weight: score.Share, GamesPerJob: settings.GamesPerJob, Workload: one.workload.Manifest.Name,
			Stock: int64(math.Round(float64(stock) * full.factor)), ExtraGames: one.plan.Values.ExtraGames, Model: one.model, Score: &score,
			Resources: ledger.Resources{
				CPU: float64(needs.CPU), MemMB: int64(needs.MemMB), GPU: int64(needs.GPU), VRAMMB: int64(needs.VRAMMB), DiskMB: int64(needs.DiskMB),
			},
		}
		tune(&config, settings.Params, one.plan, settings.MaxSearchBudget)
		plan.Configs = append(plan.Configs, config)
	}
	return plan
}

// reason says why a plan replaces the one before, empty if it does not.
func reason(before, plan *selfplay.Plan, settings Settings, now time.Time) string {
	if before == nil {
		if len(plan.Configs) == 0 {
			return ""
		}
		return "first plan"
	}
	if keys(before) != keys(plan) {
		return "other configurations"
	}
	for i, config := range plan.Configs {
		old := before.Configs[i]
		switch {
		case (old.Model == nil) != (config.Model == nil) || (old.Model != nil && old.Model.SHA256 != config.Model.SHA256):
			return "another canonical model of " + config.Key
		case fixed(old) != fixed(config):
			return "other settings"
		}
	}
	switch {
	case plan.Pressure > before.Pressure+tolerance:
		return plan.Reason // at once: the queues are full now
	case plan.Eased && !before.Eased:
		return "too many evaluations are open"
	case before.Eased && !plan.Eased:
		return "evaluations are worked off again"
	}
	made, err := time.Parse(idForm, strings.TrimPrefix(before.ID, "plan-"))
	if err == nil && now.Sub(made) < settings.PlanInterval {
		return ""
	}
	if plan.Pressure < before.Pressure-tolerance {
		return fmt.Sprintf("back-pressure eases: %.0f %% of every stock is left out", 100*plan.Pressure)
	}
	for i, config := range plan.Configs {
		if why := settings.repaced(before.Configs[i], config); why != "" {
			return why
		}
		old := before.Configs[i]
		switch {
		case far(config.Weight, old.Weight):
			return fmt.Sprintf("share of %s from %.2f to %.2f", config.Key, old.Weight, config.Weight)
		case text(config.Params) != text(old.Params) || far(float64(config.ExtraGames), float64(old.ExtraGames)):
			return "another training plan of " + config.Key
		}
	}
	return ""
}

// far says whether a value is worth another plan.
func far(value, old float64) bool { return math.Abs(value-old) > moved*old }

func keys(plan *selfplay.Plan) string {
	var all []string
	for _, config := range plan.Configs {
		all = append(all, config.Key)
	}
	return strings.Join(all, " ")
}

// fixed is what of a plan follows from settings and workload alone.
func fixed(config selfplay.PlanConfig) string {
	text, err := json.Marshal([]any{config.GamesPerJob, config.Workload, untuned(config), config.Resources, config.Labels})
	if err != nil {
		return err.Error() // params come from JSON or YAML, which encode
	}
	return string(text)
}

// nextID names a plan by its time, later than the one before.
func nextID(before *selfplay.Plan, now time.Time) string {
	id := "plan-" + now.UTC().Format(idForm)
	for before != nil && id <= before.ID {
		now = now.Add(time.Millisecond)
		id = "plan-" + now.UTC().Format(idForm)
	}
	return id
}
