package model_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
)

func fresh(t *testing.T, key, architecture string) (*game.Rules, *model.Model) {
	t.Helper()
	rules, err := game.Lookup(key)
	require.NoError(t, err)
	m, err := model.New(rules, architecture)
	require.NoError(t, err)
	return rules, m
}

func TestFilesComeBack(t *testing.T) {
	t.Parallel()
	for _, key := range game.Keys() {
		for _, architecture := range []string{model.Pattern, model.PatternSmall} {
			_, m := fresh(t, key, architecture)
			for i := range m.Policy {
				m.Policy[i], m.Value[i] = math.Sqrt(float64(i)), -1/float64(i+3)
			}
			data, err := m.Encode()
			require.NoError(t, err)
			require.Less(t, len(data), model.MaxBytes)
			back, err := model.Decode(data)
			require.NoError(t, err, key)
			require.Equal(t, m, back)
			again, err := back.Encode()
			require.NoError(t, err)
			require.Equal(t, data, again, "equal models have equal files")
		}
	}
}

func TestBadFilesAreRefused(t *testing.T) {
	t.Parallel()
	_, m := fresh(t, "sq5_2p", model.Pattern)
	data, err := m.Encode()
	require.NoError(t, err)
	for name, bad := range map[string][]byte{
		"cut":         data[:len(data)/2],
		"other rules": bytes.Replace(data, []byte(m.RulesHash), bytes.Repeat([]byte("0"), 64), 1),
		"other game":  bytes.Replace(data, []byte("sq5_2p"), []byte("sq5_3p"), 1),
		"other kind":  bytes.Replace(data, []byte(`"pattern"`), []byte(`"transformer"`), 1),
		"unknown":     bytes.Replace(data, []byte(`"format"`), []byte(`"colour": 1, "format"`), 1),
		"too short":   bytes.Replace(data, []byte("0,\n"), nil, 1),
	} {
		_, err := model.Decode(bad)
		require.Error(t, err, name)
	}
	m.Policy[3] = math.NaN()
	_, err = m.Encode()
	require.ErrorIs(t, err, model.ErrNotFinite)
}

// A blank net expects equal shares and prefers nothing.
func TestBlankNetKnowsNothing(t *testing.T) {
	t.Parallel()
	for _, key := range game.Keys() {
		rules, m := fresh(t, key, model.Pattern)
		net, err := model.Compile(rules, m)
		require.NoError(t, err)
		logits, value := make([]float64, len(rules.Cells)), make([]float64, rules.Players)
		net.Evaluate(game.NewPosition(rules), logits, value)
		for _, share := range value {
			require.InDelta(t, 1/float64(rules.Players), share, 1e-12, key)
		}
		require.Equal(t, make([]float64, len(rules.Cells)), logits, key)
	}
}

// The players are told apart by when they move, not by their seat: the same stones seen one turn later, with every
// seat moved on by one, give the same judgement.
func TestNetIsFairToSeats(t *testing.T) {
	t.Parallel()
	rules, m := fresh(t, "sq5_3p", model.Pattern)
	for i := range m.Policy {
		m.Policy[i], m.Value[i] = math.Sin(float64(i)), math.Cos(float64(i))
	}
	net, err := model.Compile(rules, m)
	require.NoError(t, err)
	patterns, err := model.NewPatterns(rules, model.Pattern)
	require.NoError(t, err)
	for code := range rules.Codes() {
		counts := rules.Counts(code)
		moved := []int{counts[2], counts[0], counts[1]}
		for seat := range 3 {
			require.Equal(t, patterns.Policy(counts, seat), patterns.Policy(moved, (seat+1)%3))
			require.Equal(t, patterns.Value(counts, 1, seat), patterns.Value(moved, 2, (seat+1)%3))
		}
	}
	value, logits := make([]float64, 3), make([]float64, len(rules.Cells))
	p := game.NewPosition(rules)
	p.Push(12)
	net.Evaluate(p, logits, value)
	require.InDelta(t, 1, value[0]+value[1]+value[2], 1e-9)
}

// What a silenced model still says is what it said; what it does not say costs nothing and changes nothing else.
func TestSilencedModelsSpeakOfWindowsInPlay(t *testing.T) {
	t.Parallel()
	for _, key := range game.Keys() {
		rules, m := fresh(t, key, model.PatternSmall)
		for i := range m.Policy {
			m.Policy[i], m.Value[i] = 1, 1
		}
		require.NoError(t, m.Silence(rules))
		patterns, err := model.NewPatterns(rules, model.PatternSmall)
		require.NoError(t, err)
		for code := range rules.Codes() {
			counts := rules.Counts(code)
			stones, players := 0, 0
			for _, count := range counts {
				stones, players = stones+count, players+min(count, 1)
			}
			says := func(weight float64) bool { return weight != 0 }
			policy, value := says(m.Policy[patterns.Policy(counts, 0)]), says(m.Value[patterns.Value(counts, 0, 1)])
			require.Equal(t, []bool{players == 1 && stones > 1, players == 1}, []bool{policy, value}, "%s, %v", key, counts)
		}
	}
}
