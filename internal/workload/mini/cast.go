package main

import (
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
	"github.com/ringrift/orchestrator/internal/workload/mini/play"
	"github.com/ringrift/orchestrator/internal/workload/mini/player"
	"github.com/ringrift/orchestrator/internal/workload/mini/search"
)

// The baselines and harnesses of the manifest.
const (
	baselineHeuristic = "heuristic"
	baselineSearch    = "heuristic_search"
	harnessSearch     = "search"
	harnessPolicy     = "policy" // the policy's favourite, without search
)

// builtIn is the name of a player that is neither a model nor a baseline: generation 0.
const builtIn = "built-in"

const (
	exploration = 1.5 // how much PUCT trusts the policy
	maxBudget   = 10_000
	// baselineEffort is how often the searching baseline has the budget of the others: with less its search does not make up
	// for what its weights by hand lack, in games of three.
	baselineEffort = 4
)

// style is how players play who do not say otherwise.
type style struct {
	budget  int
	harness string
	noise   float64
}

// participant is someone who plays, and how another of the same kind is made for another goroutine.
type participant struct {
	seat play.Seat
	make func() player.Player
}

// cast finds out who a player of the request is. Its name in the games is the input's or the baseline's.
func cast(task *adapter.Task, rules *game.Rules, field string, who workload.Player, standard style) (participant, error) {
	if who.SearchBudget < 0 || who.SearchBudget > maxBudget {
		return participant{}, badRequest("%s.search_budget = %d: use 0 (the command's) to %d", field, who.SearchBudget, maxBudget)
	}
	standard.budget = orDefault(who.SearchBudget, standard.budget)
	if who.Baseline == "" {
		standard.harness = orDefault(who.Harness, standard.harness)
		return castModel(task, rules, field, who.Model, standard)
	}
	if who.Model != "" || who.Harness != "" {
		return participant{}, badRequest("%s: give a baseline alone, or a model and its harness", field)
	}
	return castBaseline(rules, field, who.Baseline, standard)
}

func castModel(task *adapter.Task, rules *game.Rules, field, name string, s style) (participant, error) {
	seat := play.Seat{Name: builtIn}
	m, err := model.New(rules, model.Pattern)
	if err != nil {
		return participant{}, err
	}
	if name != "" {
		if m, seat.Model, err = loadModel(task, rules, field+".model", name); err != nil {
			return participant{}, err
		}
		seat.Name, seat.Generation = name, m.Generation
	}
	switch s.harness {
	case harnessSearch:
	case harnessPolicy:
		s.budget = 1
	default:
		return participant{}, badRequest("%s.harness = %q: use %s or %s", field, s.harness, harnessSearch, harnessPolicy)
	}
	return searching(rules, seat, m, s)
}

func castBaseline(rules *game.Rules, field, id string, s style) (participant, error) {
	seat := play.Seat{Name: id, Generation: play.NoGeneration}
	switch id {
	case workload.BaselineRandom:
		return participant{seat, func() player.Player { return player.Random{} }}, nil
	case baselineHeuristic:
		return participant{seat, func() player.Player { return player.Heuristic{} }}, nil
	case baselineSearch:
		m, err := player.Handmade(rules)
		if err != nil {
			return participant{}, err
		}
		s.budget = min(baselineEffort*s.budget, maxBudget)
		return searching(rules, seat, m, s)
	}
	return participant{}, badRequest("%s.baseline = %q: use %s, %s or %s", field, id, workload.BaselineRandom, baselineHeuristic, baselineSearch)
}

func searching(rules *game.Rules, seat play.Seat, m *model.Model, s style) (participant, error) {
	net, err := model.Compile(rules, m)
	if err != nil {
		return participant{}, err
	}
	settings := search.Settings{Simulations: s.budget, Exploration: exploration, NoiseShare: s.noise}
	return participant{seat, func() player.Player { return player.NewSearching(rules, net, settings) }}, nil
}

// budgetOf returns the simulations a move of a command.
func budgetOf(asked, standard int) (int, error) {
	if asked < 0 || asked > maxBudget {
		return 0, badRequest("search_budget = %d: use 0 (the default, %d) to %d", asked, standard, maxBudget)
	}
	return orDefault(asked, standard), nil
}
