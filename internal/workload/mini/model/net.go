package model

import (
	"fmt"
	"math"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
)

// Net is a model compiled for its game: for every code of a window the weights it stands for. It is safe for
// use by several goroutines.
type Net struct {
	rules   *game.Rules
	weights []weights // by mover, code
	values  []float64 // by mover, code, player
}

// weights are what a window says in a code.
type weights struct {
	silent bool // all are 0
	policy float64
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
	net := &Net{rules, make([]weights, players*codes), make([]float64, 0, players*codes*players)}
	for mover := range players {
		for code := range codes {
			counts := rules.Counts(code)
			said := weights{policy: m.Policy[patterns.Policy(counts, mover)]}
			said.silent = said.policy == 0
			for player := range players {
				value := m.Value[patterns.Value(counts, mover, player)]
				net.values, said.silent = append(net.values, value), said.silent && value == 0
			}
			net.weights[mover*codes+code] = said
		}
	}
	return net, nil
}

// Evaluate fills logits (one a cell, of which those of taken cells mean nothing) and value (one a seat, in [0, 1],
// with sum 1: the expected share of the game). It costs as much as there are windows that say something.
func (n *Net) Evaluate(p *game.Position, logits, value []float64) {
	players := len(value)
	first := p.Turn() * len(n.weights) / players
	clear(logits)
	clear(value)
	for w, code := range p.Codes() {
		at := first + int(code)
		said := n.weights[at]
		if said.silent {
			continue
		}
		for player, weight := range n.values[at*players:][:players] {
			value[player] += weight
		}
		if said.policy != 0 {
			for _, cell := range n.rules.Windows[w] {
				logits[cell] += said.policy
			}
		}
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
		scores[i] = 1
		if score != highest { // of the highest it is known
			scores[i] = math.Exp(score - highest)
		}
		sum += scores[i]
	}
	for i := range scores {
		scores[i] /= sum
	}
}
