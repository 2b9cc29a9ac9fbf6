//go:build acceptance

package acceptance

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/testkit"
)

const backAfterOutage = 10 * time.Second

// TestOutage takes Temporal away. Twenty seconds restart nothing; after a minute every daemon is back once.
func TestOutage(t *testing.T) {
	t.Parallel()
	h := withHistory(t, testkit.ReferenceRows(t), func(fleet *testkit.Fleet) { fleet.StartNode(t, "node-1") })
	before := h.fleet.Entries(t)

	h.outage(t, 20*time.Second)
	elapse(2 * backAfterOutage)
	require.Empty(t, h.fleet.Entries(t)[len(before):], "20 s without Temporal restart nothing")
	h.requireKept(t)

	returned := h.outage(t, time.Minute)
	back := max(0, h.fleet.AwaitReady(t, patience, h.idle...).Sub(returned))
	elapse(2 * backAfterOutage)
	entries := h.fleet.Entries(t)
	began := map[string]int{}
	for _, entry := range entries[len(before):].Acts(testkit.ActInit) {
		began[entry.ID]++
	}
	t.Logf("a minute without Temporal: %d daemons were restarted, all ready %s after its return", len(began), short(back))
	for id, times := range began {
		require.Equal(t, 1, times, "%s began anew", id)
	}
	require.Empty(t, entries.Doubles(), "daemons that ran twice")
	require.Empty(t, h.fleet.Entries(t)[len(entries):], "nothing more happens")
	h.fleet.AwaitReady(t, patience, h.idle...)
	h.requireKept(t)
	require.LessOrEqual(t, back, within(backAfterOutage), "back after the return of Temporal")
}

// outage takes the Temporal server away for a while and returns the moment from which it is there again.
func (h *history) outage(t testing.TB, length time.Duration) time.Time {
	t.Helper()
	h.fleet.Server.Stop(t)
	elapse(length)
	h.fleet.Server.Restart(t)
	return time.Now()
}
