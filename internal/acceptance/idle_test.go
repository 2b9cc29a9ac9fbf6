//go:build acceptance

package acceptance

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/testkit"
)

// TestIdle leaves a fleet alone. Heartbeats and health checks go on; no history grows.
func TestIdle(t *testing.T) {
	t.Parallel()
	h := withHistory(t, testkit.RegistryRows(t), func(fleet *testkit.Fleet) { fleet.StartNode(t, "node-1") })
	length := 10 * time.Minute
	if testing.Short() {
		length = time.Minute
	}
	elapse(45 * time.Second) // the last reports of the start, the timers of the stops
	before := historyLengths(t, h.fleet)
	elapse(length)
	after := historyLengths(t, h.fleet)
	grown := map[string]int64{}
	for id, events := range after {
		if events != before[id] {
			grown[id] = events - before[id]
		}
	}
	t.Logf("%d workflows, %s: %d histories grew", len(after), length, len(grown))
	require.Empty(t, grown, "histories that grew in %s", length)
	h.requireKept(t)
}

// historyLengths has the number of events of every workflow that runs.
func historyLengths(t testing.TB, fleet *testkit.Fleet) map[string]int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return testkit.HistoryLengths(ctx, t, fleet.Server.Client())
}
