package model

import (
	"fmt"
	"math"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
)

// Net is a model compiled for its game: for every code of a window the weights it stands for. It is safe for
// use by several goroutines.
type Net struct {
	rules  *game.Rules
	codes  int
	policy []float64 // by mover, code
	value  []float64 // by mover, player, code
}

// Compile prepares a model for play.
func Compile(rules *game.Rules, m *Model) (*Net, error) {
	if m.ConfigKey != rules.Key {
		return nil, fmt.Errorf("model is for %s, not for %s", m.ConfigKey, rules.Key)
	}
	patterns, err := NewPatterns(rules, m.Architecture)
	if err != nil {
		return nil, err
	}
	codes, players := rules.Codes(), rules.Players
	net := &Net{rules, codes, make([]float64, players*codes), make([]float64, players*players*codes)}
	for code := range codes {
		counts := rules.Counts(code)
		for mover := range players {
			net.policy[mover*codes+code] = m.Policy[patterns.Policy(counts, mover)]
			for player := range players {
				net.value[(mover*players+player)*codes+code] = m.Value[patterns.Value(counts, mover, player)]
			}
		}
	}
	return net, nil
}

// Evaluate fills logits (one a cell, of which those of taken cells mean nothing) and value (one a seat, in [0, 1],
// with sum 1: the expected share of the game).
func (n *Net) Evaluate(p *game.Position, logits, value []float64) {
	mover := p.Turn()
	policy := n.policy[mover*n.codes:][:n.codes]
	clear(logits)
	for w, code := range p.Codes() {
		if weight := policy[code]; weight != 0 {
			for _, cell := range n.rules.Windows[w] {
				logits[cell] += weight
			}
		}
	}
	for player := range value {
		table := n.value[(mover*n.rules.Players+player)*n.codes:][:n.codes]
		sum := 0.0
		for _, code := range p.Codes() {
			sum += table[code]
		}
		value[player] = sum
	}
	softmax(value)
}

// softmax turns scores into shares with sum 1, in place.
func softmax(scores []float64) {
	highest := math.Inf(-1)
	for _, score := range scores {
		highest = max(highest, score)
	}
	sum := 0.0
	for i, score := range scores {
		scores[i] = math.Exp(score - highest)
		sum += scores[i]
	}
	for i := range scores {
		scores[i] /= sum
	}
}
