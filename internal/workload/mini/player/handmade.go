package player

import (
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
)

// Handmade returns a model whose weights were set by hand and not learned: it likes own open lines, wins what it
// can win and blocks what the next player would win. It is the evaluator of a searching baseline.
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
		own, others := counts[0], 0
		for _, stones := range counts[1:] {
			others += stones
		}
		if own+others > rules.InARow {
			continue // no window holds more stones than cells
		}
		policy := &m.Policy[patterns.Policy(counts, 0)]
		switch {
		case own == last && others == 0:
			*policy = 8
		case own == 0 && counts[1] == last && others == last:
			*policy = 6
		case own == 0 || others == 0:
			*policy = 0.5 * float64(own+others)
		}
		if others > 0 {
			continue
		}
		for mover := range rules.Players {
			worth := 0.1 * float64(own*own)
			if own == last && mover == 0 {
				worth = 4
			}
			m.Value[patterns.Value(counts, mover, 0)] = worth
		}
	}
	return m, nil
}
