package thresholds

import (
	"fmt"
	"slices"
	"strings"
)

// Rule is what must hold between keys: the value of Lower is not above that of Upper, or above what Limit makes of it.
type Rule struct {
	Lower, Upper string
	Strict       bool // it is below, not equal
	Why          string
	Limit        Limit
}

// Rules lists what must hold between keys.
func Rules() []Rule {
	return slices.Concat(forPlayers(
		Rule{Lower: "export.bootstrap_min_*p", Upper: "export.min_games_*p", Why: "a first dataset asks for no more games than a later one"},
		Rule{Lower: "export.min_games_*p", Upper: "selfplay.budget_games", Why: "one plan allots the games of a dataset"},
		Rule{Lower: "promote.min_games_*p", Upper: "evaluate.games_per_baseline_*p", Limit: Valid, Why: "an evaluation plays the games that a promotion requires"},
		Rule{Lower: "promote.random_floor_*p", Upper: "promote.min_games_*p", Limit: Provable, Why: "a perfect score passes"},
	), []Rule{
		{Lower: "evaluate.head_to_head_games", Upper: "evaluate.max_games", Why: "the test may end before it must"},
		{Lower: "evaluate.elo0", Upper: "evaluate.elo1", Strict: true, Why: "the test tells two gains apart"},
		{Lower: "production.rollback_games", Upper: "tournament.games_per_pair", Why: "a check rests on the games of one tournament"},
		{Lower: "production.min_games", Upper: "tournament.games_enough", Why: "models meet as often as production requires"},
		{Lower: "evaluate.pressure_off", Upper: "evaluate.pressure_on", Strict: true, Why: "the pressure does not come and go with each evaluation"},
		{Lower: "selfplay.games_per_job", Upper: "selfplay.budget_games", Why: "a job plays no more than a plan allots"},
		{Lower: "train.min_samples", Upper: "combine.max_samples", Why: "a training set holds the samples that a training requires"},
		{Lower: "train.silent_limit", Upper: "train.run_limit", Why: "a silent run is ended before its time is over"},
		{Lower: "train.checkpoint_every", Upper: "train.run_limit", Why: "a run makes a checkpoint before its time is over"},
		{Lower: "train.run_limit", Upper: "loop.deadlines.training", Why: "the stage waits for its run"},
		{Lower: "selfplay.search_budget", Upper: "feedback.max_search_budget", Why: "a plan raises the search budget from where it is"},
		{Lower: "metrics.minor_drop", Upper: "metrics.severe_drop", Strict: true, Why: "severe is worse"},
		{Lower: "metrics.severe_drop", Upper: "metrics.critical_drop", Strict: true, Why: "critical is worse"},
		{Lower: "metrics.plateau_points", Upper: "metrics.window_points", Why: "a plateau is seen in what is kept"},
		{Lower: "performance.severe_share", Upper: "performance.degraded_share", Strict: true, Why: "severe is worse"},
		{Lower: "quality.degraded", Upper: "quality.good", Strict: true, Why: "good is better"},
		{Lower: "quality.good", Upper: "quality.excellent", Strict: true, Why: "excellent is better"},
		{Lower: "loop.circuit_pause", Upper: "loop.circuit_max", Why: "the pause grows"},
	})
}

// forPlayers repeats rules for each number of players, which takes the place of the star.
func forPlayers(patterns ...Rule) (rules []Rule) {
	for _, rule := range patterns {
		for _, players := range []string{"2", "3", "4"} {
			one := rule
			one.Lower, one.Upper = strings.Replace(rule.Lower, "*", players, 1), strings.Replace(rule.Upper, "*", players, 1)
			rules = append(rules, one)
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
	return fmt.Sprintf("%s %s %s: %s", r.Lower, relation, r.Limit.text(r.Upper, strings.Clone), r.Why)
}

// keys are those that the rule is about.
func (r Rule) keys() []string { return append([]string{r.Lower, r.Upper}, r.Limit.keys()...) }

func (r Rule) holds(now values) bool {
	lower, limit := now.measures[r.Lower], r.Limit.measure(r.Upper, now.measures)
	return lower < limit || (lower == limit && !r.Strict)
}

// fix tells how to mend a rule that is broken, at one of its keys.
func (r Rule) fix(key string, now values) string {
	lower := now.shown(r.Lower)
	atMost, atLeast := "at most", "at least"
	if r.Strict {
		atMost, atLeast = "less than", "more than"
	}
	switch {
	case key == r.Lower:
		return fmt.Sprintf("use %s %s, or raise that: %s", atMost, r.Limit.shown(r.Upper, now), r.Why)
	case r.Limit == Value:
		return fmt.Sprintf("use %s %s, or lower that: %s", atLeast, lower, r.Why)
	}
	return fmt.Sprintf("use more, or lower %s to %s: %s", lower, r.Limit.shown(r.Upper, now), r.Why)
}

// broken returns the rules that do not hold, other than those about keys that are skipped.
func (t *Thresholds) broken(skip map[string]bool) (rules []Rule) {
	now := t.values()
	for _, rule := range Rules() {
		skipped := slices.ContainsFunc(rule.keys(), func(key string) bool { return skip[key] })
		if !skipped && !rule.holds(now) {
			rules = append(rules, rule)
		}
	}
	return rules
}

// values are those of all keys, for rules.
type values struct {
	texts    map[string]string
	measures map[string]float64
}

func (t *Thresholds) values() values {
	now := values{map[string]string{}, map[string]float64{}}
	for _, f := range t.tree().all() {
		now.texts[f.key], now.measures[f.key] = f.text(), measure(f.value.Interface())
	}
	return now
}

// shown is a key with its value.
func (v values) shown(key string) string { return key + " = " + v.texts[key] }
