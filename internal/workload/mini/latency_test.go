package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
)

// A model is neither faster nor slower than itself, however busy the machine is, and one that has nothing to say is faster
// than one that has.
func TestTimesAreCompared(t *testing.T) {
	t.Parallel()
	rules, err := game.Lookup("hex3_2p")
	require.NoError(t, err)
	talks, err := model.New(rules, model.Pattern)
	require.NoError(t, err)
	for i := range talks.Policy {
		talks.Policy[i], talks.Value[i] = 1, 1
	}
	silent, err := model.New(rules, model.Pattern)
	require.NoError(t, err)
	p := game.NewPosition(rules)
	p.Push(12)
	positions := []*game.Position{p, game.NewPosition(rules)}

	same, err := compareTimes(rules, positions, talks, talks, 0)
	require.NoError(t, err)
	require.InDelta(t, 1, same.Ratio, 0.1)
	require.True(t, same.Low <= same.Ratio && same.Ratio <= same.High)
	faster, err := compareTimes(rules, positions, silent, talks, 0.9)
	require.NoError(t, err)
	require.Less(t, faster.High, 0.9)
	slower, err := compareTimes(rules, positions, talks, silent, 0.9)
	require.NoError(t, err)
	require.Greater(t, slower.Low, 0.9)
}

// The median is known the better the more turns there are, and it is not on one side of a bound that it may be on either of.
func TestMediansHaveAnInterval(t *testing.T) {
	t.Parallel()
	var ratios []float64
	for i := range 1001 {
		ratios = append(ratios, float64((i*8)%1001)) // 0 to 1000, in another order
	}
	found := medianOf(ratios)
	require.Equal(t, latency{500, 447, 553}, found)
	require.False(t, found.clear(500))
	require.True(t, found.clear(553))
	require.True(t, found.clear(446))
	require.False(t, found.clear(0))
	require.True(t, latency{Ratio: 1, Low: 0.995, High: 1.005}.clear(0))
}
