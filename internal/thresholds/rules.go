package thresholds

import (
	"fmt"
	"slices"
	"strings"
)

// Rule is what must hold between two keys: the value of Lower is not above that of Upper.
type Rule struct {
	Lower, Upper string
	Strict       bool // it is below, not equal
	Why          string
}

// Rules lists what must hold between keys.
func Rules() []Rule {
	return slices.Concat(forPlayers(
		Rule{"export.bootstrap_min_*p", "export.min_games_*p", false, "a first dataset asks for no more games than a later one"},
		Rule{"export.min_games_*p", "selfplay.budget_games", false, "one plan allots the games of a dataset"},
		Rule{"export.min_games_*p", "selfplay.window_games", false, "a config needs games until it has those of a dataset"},
		Rule{"promote.min_quality_games", "export.bootstrap_min_*p", false, "a first candidate has learnt from so many games"},
		Rule{"promote.min_games_*p", "evaluate.games_per_baseline_*p", false, "an evaluation plays the games that a promotion requires"},
	), []Rule{
		{"promote.min_head_to_head_games", "evaluate.head_to_head_games", false, "an evaluation plays the games that a promotion requires"},
		{"evaluate.head_to_head_games", "evaluate.max_games", false, "the test may end before it must"},
		{"evaluate.elo0", "evaluate.elo1", true, "the test tells two gains apart"},
		{"selfplay.games_per_job", "selfplay.budget_games", false, "a job plays no more than a plan allots"},
		{"selfplay.search_budget", "feedback.max_search_budget", false, "a plan raises the search budget from where it is"},
		{"train.bootstrap_min_samples", "train.min_samples", false, "a first training asks for no more samples than a later one"},
		{"train.min_samples", "combine.max_samples", false, "a training set holds the samples that a training requires"},
		{"promote.min_quality", "train.min_quality", false, "a candidate is not trained on what bars it from promotion"},
		{"train.silent_limit", "train.run_limit", false, "a silent run is ended before its time is over"},
		{"train.checkpoint_every", "train.run_limit", false, "a run makes a checkpoint before its time is over"},
		{"train.run_limit", "loop.deadlines.training", false, "the stage waits for its run"},
		{"loop.circuit_pause", "loop.circuit_max", false, "the pause grows"},
		{"performance.severe_share", "performance.degraded_share", true, "severe is worse"},
		{"quality.degraded", "quality.good", true, "good is better"},
		{"quality.good", "quality.excellent", true, "excellent is better"},
		{"metrics.minor_drop", "metrics.severe_drop", true, "severe is worse"},
		{"metrics.severe_drop", "metrics.critical_drop", true, "critical is worse"},
		{"metrics.plateau_points", "metrics.window_points", false, "a plateau is seen in what is kept"},
	})
}

// forPlayers repeats rules for each number of players, which takes the place of the star.
func forPlayers(patterns ...Rule) (rules []Rule) {
	for _, rule := range patterns {
		for _, players := range []string{"2", "3", "4"} {
			lower, upper := strings.Replace(rule.Lower, "*", players, 1), strings.Replace(rule.Upper, "*", players, 1)
			rules = append(rules, Rule{lower, upper, rule.Strict, rule.Why})
		}
	}
	return rules
}

// String is the rule as a sentence.
func (r Rule) String() string {
	relation := "is at most"
	if r.Strict {
		relation = "is below"
	}
	return fmt.Sprintf("%s %s %s: %s", r.Lower, relation, r.Upper, r.Why)
}

// broken returns the rules that do not hold, other than those about keys that are skipped.
func (t *Thresholds) broken(skip map[string]bool) (rules []Rule) {
	values := map[string]float64{}
	for _, f := range t.tree().all() {
		values[f.key] = measure(f.value.Interface())
	}
	for _, rule := range Rules() {
		lower, upper := values[rule.Lower], values[rule.Upper]
		holds := lower < upper || (lower == upper && !rule.Strict)
		if !holds && !skip[rule.Lower] && !skip[rule.Upper] {
			rules = append(rules, rule)
		}
	}
	return rules
}
