package model

import (
	"errors"
	"math"
	"slices"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
)

// ErrNotFinite says that a weight is NaN or infinite: the training diverged.
var ErrNotFinite = errors.New("a weight is not finite")

// Model is a pair of tables and where they come from. Its fields are the fields of its file.
type Model struct {
	Format       string    `json:"format"` // always Format
	ConfigKey    string    `json:"config_key"`
	RulesHash    string    `json:"rules_hash"`
	Architecture string    `json:"architecture"`
	Generation   int       `json:"generation"`       // 0 without training, else one more than the parent's
	Parent       string    `json:"parent,omitempty"` // sha256 of the parent's file
	Policy       []float64 `json:"policy"`
	Value        []float64 `json:"value"`
}

// New returns generation 0 of a game: all weights are zero.
func New(rules *game.Rules, architecture string) (*Model, error) {
	patterns, err := NewPatterns(rules, architecture)
	if err != nil {
		return nil, err
	}
	return &Model{
		Format:       Format,
		ConfigKey:    rules.Key,
		RulesHash:    rules.Hash(),
		Architecture: architecture,
		Policy:       make([]float64, patterns.Rows()),
		Value:        make([]float64, patterns.Rows()),
	}, nil
}

// Round keeps so many decimals of each weight of the policy and of the value, so that the model's file is short.
func (m *Model) Round(policy, value int) {
	round(m.Policy, policy)
	round(m.Value, value)
}

// Silence takes the weights of windows away from a small model that say little, and are most of them: for the value those
// that nobody has begun or nobody can win any more, for the policy also those in which somebody has a single stone. It
// leaves another model as it is: in that one they share rows with windows that say more.
func (m *Model) Silence(rules *game.Rules) error {
	if m.Architecture != PatternSmall {
		return nil
	}
	patterns, err := NewPatterns(rules, m.Architecture)
	if err != nil {
		return err
	}
	for code := range rules.Codes() {
		counts := rules.Counts(code)
		for mover := range rules.Players {
			if !winnable(counts) || slices.Max(counts) == 1 {
				m.Policy[patterns.Policy(counts, mover)] = 0
			}
			for player := range rules.Players {
				if !winnable(counts) {
					m.Value[patterns.Value(counts, mover, player)] = 0
				}
			}
		}
	}
	return nil
}

func round(table []float64, decimals int) {
	scale := math.Pow10(decimals)
	for i, weight := range table {
		table[i] = math.Round(weight*scale) / scale
	}
}

// Finite says that no weight is NaN or infinite.
func (m *Model) Finite() bool {
	for _, table := range [][]float64{m.Policy, m.Value} {
		for _, weight := range table {
			if math.IsNaN(weight) || math.IsInf(weight, 0) {
				return false
			}
		}
	}
	return true
}
