package quality

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus/bustest"
)

var limits = Limits{Excellent: .9, Good: .7, Degraded: .5}

func TestStates(t *testing.T) {
	t.Parallel()
	for mean, state := range map[float64]string{1: Excellent, .9: Excellent, .89: Good, .7: Good, .69: Degraded, .5: Degraded, .49: Poor, 0: Poor} {
		require.Equal(t, state, limits.State(Score{Games: 1, Mean: mean}), "%v", mean)
	}
	require.Equal(t, Unknown, limits.State(Of(nil)))
}

// The score of two samples together is that of all their games.
func TestSamplesAddUp(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		samples := [2][]float64{}
		for i := range samples {
			for range random.IntN(20) {
				samples[i] = append(samples[i], random.Float64())
			}
		}
		both, whole := Of(samples[0]).with(Of(samples[1])), Of(append(samples[0], samples[1]...))
		require.Equal(t, whole.Games, both.Games)
		require.InDelta(t, whole.Mean, both.Mean, 1e-9)
		require.InDelta(t, whole.Variance, both.Variance, 1e-9)
		require.InDelta(t, whole.Interval, both.Interval, 1e-9)
	}
}

func TestTrends(t *testing.T) {
	t.Parallel()
	before := []float64{0, .6, .6, .6, .6, .6} // the first is too old to count
	for mean, trend := range map[float64]string{.66: Rising, .64: Steady, .56: Steady, .54: Falling} {
		require.Equal(t, trend, NewStanding(Score{Games: 9, Mean: mean}, limits, before).Trend, "%v", mean)
	}
	require.Equal(t, UnknownTrend, NewStanding(Score{Games: 9}, limits, nil).Trend)
}

// The nodes are heard together; what other daemons report, and what cannot be read, says nothing.
func TestNodesAreHeardTogether(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	one, other := Of([]float64{.9, .8, 1}), Of([]float64{.2})
	report := func(node string, configs map[string]Standing) {
		text, err := Report{Configs: configs}.Encode()
		require.NoError(t, err)
		require.NoError(t, client.Session(Reporter, node, 1).Report(t.Context(), text))
	}
	report("node-1", map[string]Standing{"sq5_2p": NewStanding(one, limits, []float64{.8}), "hex3_2p": {Score: Score{Unjudged: 3}}})
	report("node-2", map[string]Standing{"sq5_2p": NewStanding(other, limits, nil)})
	require.NoError(t, client.Session(Reporter, "node-3", 1).Report(t.Context(), []byte("no report")))
	require.NoError(t, client.Session("P2P_BACKEND", "node-2", 1).Report(t.Context(), []byte(`{"configs":{"sq5_2p":{"games":1000}}}`)))
	cluster, err := Read(t.Context(), client, limits)
	require.NoError(t, err)
	standing, known := cluster.Of("sq5_2p")
	require.True(t, known)
	require.EqualValues(t, 4, standing.Games)
	require.InDelta(t, .725, standing.Mean, 1e-9)
	require.Equal(t, []any{Good, Falling, []float64{.8}}, []any{standing.State, standing.Trend, standing.Recent})
	_, known = cluster.Of("hex3_2p")
	require.False(t, known, "none of its games was judged")
}
