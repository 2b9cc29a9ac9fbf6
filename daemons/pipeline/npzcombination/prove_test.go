package npzcombination

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
)

// What a combination says must agree with what it was given.
func TestACombinationIsNotBelieved(t *testing.T) {
	t.Parallel()
	given := []string{"new", "old"}
	require.NoError(t, prove(workload.CombineMetrics{Samples: 9, SamplesBySource: map[string]int64{"new": 9}, Skipped: []string{"old: unreadable"}}, given))
	for _, bad := range []workload.CombineMetrics{
		{SamplesBySource: map[string]int64{}},
		{Samples: 9, HoldoutSamples: -1},
		{Samples: 9, SamplesBySource: map[string]int64{"new": 5, "other": 4}},
		{Samples: 9, SamplesBySource: map[string]int64{"new": 10, "old": -1}},
		{Samples: 9, SamplesBySource: map[string]int64{"old": 9}, Skipped: []string{"new: unreadable"}},
	} {
		require.Error(t, prove(bad, given), "%+v", bad)
	}
}

func TestWeightsFallWithAge(t *testing.T) {
	t.Parallel()
	settings := Settings{}.withDefaults()
	require.InDelta(t, 1.5, settings.weight(0), 1e-9)
	require.InDelta(t, 1.2247, settings.weight(12*time.Hour), 1e-4)
	require.InDelta(t, 1, settings.weight(24*time.Hour), 1e-9)
	require.InDelta(t, 1, settings.weight(1000*time.Hour), 1e-9)
}
