//go:build acceptance

package acceptance

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

// TestRollingDrain tells one of two workers to end, brings it back, and goes on with the other, as a deploy
// does. No daemon is away for a second, and none pays for it.
func TestRollingDrain(t *testing.T) {
	var nodes []*testkit.Node
	h := withHistory(t, testkit.ReferenceRows(t), func(fleet *testkit.Fleet) {
		nodes = append(nodes, fleet.StartNode(t, "node-1"), fleet.StartNode(t, "node-2"))
	})
	for _, node := range nodes {
		node.AwaitWorking(t)
	}
	var all, worst figures
	for range rounds(10, 2) {
		for _, node := range nodes {
			began := time.Now()
			node.Drain(t)
			h.fleet.AwaitReady(t, patience, h.idle...)
			moved := gaps(t, h.fleet.Entries(t).After(began))
			all, worst = append(all, moved...), append(worst, moved.max())
			node.Start(t)
			node.AwaitWorking(t)
		}
	}
	t.Logf("gap between the end of a copy and the next ready one: %s; the worst of each drain: %v", all, []time.Duration(worst))
	require.Empty(t, h.fleet.Entries(t).Doubles(), "daemons that ran twice")
	h.requireKept(t)
	for daemon, info := range h.fleet.Infos(t) {
		require.Zero(t, info.Restarts[spec.CauseWorkerLost], "%s: a drain is no loss of a worker", daemon)
	}
	require.Less(t, worst.max(), within(time.Second), "every gap")
}

// gaps are the times between each end of a copy and the next ready one of its daemon.
func gaps(t testing.TB, entries testkit.Entries) figures {
	t.Helper()
	ended := map[string]time.Time{}
	var found figures
	for _, entry := range entries {
		switch since, away := ended[entry.ID]; {
		case entry.Act == testkit.ActEnd:
			ended[entry.ID] = entry.At
		case entry.Act == testkit.ActReady && away:
			found = append(found, entry.At.Sub(since))
			delete(ended, entry.ID)
		}
	}
	require.Empty(t, ended, "daemons that ended and never came back")
	return found
}

// TestDrainWaitsForASlowStop gives a daemon the time to stop that its row names, also when its worker drains.
func TestDrainWaitsForASlowStop(t *testing.T) {
	t.Parallel()
	rows := testkit.WithParam(testkit.ReferenceRows(t)[:1], testkit.ParamStopAfter, "48s")
	rows[0].StopTimeout = time.Hour
	fleet := testkit.NewFleet(t, rows)
	node := fleet.StartNode(t, "node-1")
	fleet.Up(t)
	fleet.AwaitReady(t, patience)
	began := time.Now()
	node.Drain(t)
	id := spec.WorkflowID(rows[0].Type, "")
	require.NotEmpty(t, fleet.Entries(t).After(began).Of(id).Acts(testkit.ActEnd), "it ended by itself")
	node.Start(t)
	fleet.AwaitReady(t, patience)
	require.Equal(t, map[spec.Cause]int{spec.CauseDeploy: 1}, fleet.Infos(t)[rows[0].Type].Restarts)
}
