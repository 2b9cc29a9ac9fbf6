package training

import (
	"math"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
)

// tables are a model's weights with what is needed to move them.
type tables struct {
	rules      *game.Rules
	policyRow  []int   // by code of a window
	valueRow   [][]int // by player, code
	policy     []float64
	value      []float64
	policyStep slope
	valueStep  slope
	logits     []float64
	scores     []float64
}

// newTables works on a copy of the model's weights.
func newTables(rules *game.Rules, m *model.Model) (*tables, error) {
	patterns, err := model.NewPatterns(rules, m.Architecture)
	if err != nil {
		return nil, err
	}
	t := &tables{
		rules:      rules,
		policyRow:  make([]int, rules.Codes()),
		valueRow:   make([][]int, rules.Players),
		policy:     append([]float64(nil), m.Policy...),
		value:      append([]float64(nil), m.Value...),
		policyStep: newSlope(len(m.Policy)),
		valueStep:  newSlope(len(m.Value)),
		logits:     make([]float64, len(rules.Cells)),
		scores:     make([]float64, rules.Players),
	}
	for player := range t.valueRow {
		t.valueRow[player] = make([]int, rules.Codes())
	}
	for code := range rules.Codes() {
		counts := rules.Counts(code)
		t.policyRow[code] = patterns.Policy(counts, 0)
		for player := range t.valueRow {
			t.valueRow[player][code] = patterns.Value(counts, 0, player)
		}
	}
	return t, nil
}

// Loss is how far tables are from samples: means by weight.
type Loss struct {
	Policy   float64 // cross-entropy with the visits
	Value    float64 // cross-entropy with the outcome
	Accuracy float64 // the share of samples whose most visited cell has the highest logit
	Weight   float64 // of all samples together
}

// Total is what training makes small.
func (l Loss) Total() float64 { return l.Policy + l.Value }

// add takes a sample in.
func (l *Loss) add(policy, value float64, hit bool, weight float64) {
	l.Weight += weight
	share := weight / l.Weight
	l.Policy += (policy - l.Policy) * share
	l.Value += (value - l.Value) * share
	accuracy := 0.0
	if hit {
		accuracy = 1
	}
	l.Accuracy += (accuracy - l.Accuracy) * share
}

// learn judges a sample and adds its gradient to the next step.
func (t *tables) learn(s *sample, loss *Loss) {
	t.judge(s, loss)
	for w, code := range s.codes {
		sum := 0.0
		for _, cell := range t.rules.Windows[w] {
			if !s.taken[cell] {
				sum += t.logits[cell] - float64(s.policy[cell])
			}
		}
		t.policyStep.sum[t.policyRow[code]] += s.weight * sum
	}
	for player, rows := range t.valueRow {
		miss := s.weight * (t.scores[player] - float64(s.value[player]))
		for _, code := range s.codes {
			t.valueStep.sum[rows[code]] += miss
		}
	}
}

// step moves the weights against the mean gradient of a batch, and forgets it.
func (t *tables) step(rate, batchWeight float64) {
	t.policyStep.descend(t.policy, rate, batchWeight)
	t.valueStep.descend(t.value, rate, batchWeight)
}

// slope is the gradient of a table. Each weight has a rate of its own that falls with the slopes it has seen (the
// AdaGrad rule): patterns that are in every position would otherwise make the steps that rare ones need unstable.
type slope struct {
	sum  []float64
	seen []float64 // the squares of all mean slopes so far, added up
}

func newSlope(rows int) slope { return slope{make([]float64, rows), make([]float64, rows)} }

func (s slope) descend(weights []float64, rate, batchWeight float64) {
	for i, sum := range s.sum {
		if sum == 0 {
			continue
		}
		mean := sum / batchWeight
		s.seen[i] += mean * mean
		weights[i] -= rate * mean / math.Sqrt(s.seen[i])
	}
	clear(s.sum)
}

// judge leaves the probabilities of the cells in logits, those of the players in scores.
func (t *tables) judge(s *sample, loss *Loss) {
	clear(t.logits)
	clear(t.scores)
	for w, code := range s.codes {
		weight := t.policy[t.policyRow[code]]
		for _, cell := range t.rules.Windows[w] {
			t.logits[cell] += weight
		}
		for player, rows := range t.valueRow {
			t.scores[player] += t.value[rows[code]]
		}
	}
	hit := t.favourite(s)
	for cell, taken := range s.taken {
		if taken {
			t.logits[cell] = math.Inf(-1)
		}
	}
	policy := crossEntropy(t.logits, s.policy)
	value := crossEntropy(t.scores, s.value)
	loss.add(policy, value, hit, s.weight)
}

// favourite says whether the free cell of the highest logit is a most visited one.
func (t *tables) favourite(s *sample) bool {
	best, most := -1, float32(0)
	for cell, taken := range s.taken {
		if !taken && (best < 0 || t.logits[cell] > t.logits[best]) {
			best = cell
		}
		most = max(most, s.policy[cell])
	}
	return s.policy[best] == most
}

// crossEntropy turns scores into shares with sum 1, in place, and tells how surprising the target is under them.
func crossEntropy(scores []float64, target []float32) float64 {
	highest := math.Inf(-1)
	for _, score := range scores {
		highest = max(highest, score)
	}
	sum := 0.0
	for _, score := range scores {
		sum += math.Exp(score - highest)
	}
	surprise := 0.0
	for i, score := range scores {
		if target[i] > 0 {
			surprise += float64(target[i]) * (highest + math.Log(sum) - score)
		}
		scores[i] = math.Exp(score-highest) / sum
	}
	return surprise
}
