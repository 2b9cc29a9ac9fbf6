package selfplaycoordinator

import (
	"encoding/json"
	"maps"
	"math"

	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/selfplay"
)

// The params that a training plan multiplies, and the most that they may become.
const (
	paramBudget, paramExploration, paramTemperature = "search_budget", "exploration", "temperature"
	mostExploration, mostTemperature                = 1, 10
)

// tune gives a configuration the params that its training plan makes of those of the settings. What the settings leave
// to the workload, or have turned off, stays so.
func tune(config *selfplay.PlanConfig, params map[string]any, plan feedback.Plan, maxBudget int) {
	tuned := maps.Clone(params)
	if budget, is := params[paramBudget].(int); is && budget > 0 {
		tuned[paramBudget] = budgetOf(budget, plan.Values.SearchBudget, maxBudget)
	}
	scale(tuned, paramExploration, plan.Values.Exploration, mostExploration)
	scale(tuned, paramTemperature, plan.Values.Temperature, mostTemperature)
	config.Params = tuned
	if text(tuned) != text(params) {
		config.Untuned, config.TrainingPlan = maps.Clone(params), plan.Version
	}
}

// budgetOf never lowers a budget for being above the most that it may be raised to.
func budgetOf(budget int, factor float64, most int) int {
	tuned := max(1, int(math.Round(float64(budget)*factor)))
	if most > 0 {
		tuned = min(tuned, max(budget, most))
	}
	return tuned
}

func scale(params map[string]any, name string, factor, most float64) {
	if value, is := params[name].(float64); is && value > 0 {
		params[name] = math.Min(value*factor, math.Max(value, most))
	}
}

// untuned are the params as the settings say.
func untuned(config selfplay.PlanConfig) map[string]any {
	if config.Untuned != nil {
		return config.Untuned
	}
	return config.Params
}

// text is how params compare, whether they were read or made.
func text(params map[string]any) string {
	written, err := json.Marshal(params)
	if err != nil {
		return err.Error() // params come from JSON or YAML, which encode
	}
	return string(written)
}
