package player

import (
	"slices"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
)

// Handmade returns a model whose weights were set by hand and not learned: it likes own open lines, wins what it
// can win and blocks what others would win. It is the evaluator of a searching baseline.
func Handmade(rules *game.Rules) (*model.Model, error) {
	m, err := model.New(rules, model.Pattern)
	if err != nil {
		return nil, err
	}
	patterns, err := model.NewPatterns(rules, m.Architecture)
	if err != nil {
		return nil, err
	}
	last := rules.InARow - 1
	for code := range rules.Codes() {
		counts := rules.Counts(code)
		own, others := counts[0], slices.Max(counts[1:])
		if sum(counts) != own+others || own+others > rules.InARow {
			continue // a row knows of one other player; no window holds more stones than cells
		}
		policy := &m.Policy[patterns.Policy(counts, 0)]
		switch {
		case own == last && others == 0:
			*policy = 12
		case own == 0 && others == last && counts[1] == last:
			*policy = 9.5
		case own == 0 && others == last:
			*policy = 9
		case own == 0 || others == 0:
			*policy = 0.3*float64(own*own) + 0.5*float64(others)
		}
		if others > 0 {
			continue
		}
		for mover := range rules.Players {
			worth := 0.2 * float64(own*own)
			if own == last && mover == 0 {
				worth = 4
			}
			m.Value[patterns.Value(counts, mover, 0)] = worth
		}
	}
	return m, nil
}

func sum(counts []int) (all int) {
	for _, one := range counts {
		all += one
	}
	return all
}
