//go:build acceptance

package acceptance

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

const (
	freezeTimeout = 5 * time.Second // heartbeat timeout of these rows
	fencedWithin  = 3 * time.Second
)

// TestFrozenWorker stops a worker where it stands for longer than its heartbeats may be late. Its daemons
// come up on the other worker; when it wakes, its copies end and none is left beside the new one.
func TestFrozenWorker(t *testing.T) {
	t.Parallel()
	rows := testkit.ReferenceRows(t)
	for i := range rows {
		rows[i].HeartbeatTimeout = freezeTimeout
	}
	fleet := testkit.NewFleet(t, testkit.WithParam(rows, testkit.ParamTick, "100ms"))
	frozen := fleet.StartNode(t, "node-1")
	fleet.Up(t)
	fleet.AwaitReady(t, patience)
	fleet.StartNode(t, "node-2").AwaitWorking(t)

	frozen.Freeze(t)
	began := time.Now()
	elsewhere := fleet.AwaitReady(t, patience).Sub(began)
	held := fleet.Entries(t).Live()
	frozen.Thaw(t)
	woke := time.Now()
	require.Eventually(t, func() bool {
		for _, copies := range fleet.Entries(t).Live() {
			if len(copies) > 1 {
				return false
			}
		}
		return true
	}, patience, 10*time.Millisecond, "one copy of each daemon is left")
	entries := fleet.Entries(t)
	fenced := entries.Acts(testkit.ActEnd).Last().Sub(woke)
	t.Logf("all ready elsewhere %s after the freeze (heartbeat timeout %s); all old copies ended %s after they woke",
		short(elsewhere), freezeTimeout, short(fenced))
	require.Empty(t, entries.Doubles(), "daemons that ran twice")
	for id, copies := range entries.Live() {
		require.Contains(t, epochs(held[id]), copies[0].Epoch, "%s: the copy that came up elsewhere is the one that stays", id)
		require.NotEqual(t, frozen.PID(), copies[0].PID, "%s runs elsewhere", id)
	}
	require.Less(t, fenced, within(fencedWithin), "old copies end once they wake")
	for daemon, info := range fleet.Infos(t) {
		require.Zero(t, info.RestartCount, "%s pays nothing", daemon)
		require.Equal(t, spec.DesiredRun, info.Desired, "%s", daemon)
	}
}

func epochs(copies []testkit.Copy) []int64 {
	var found []int64
	for _, one := range copies {
		found = append(found, one.Epoch)
	}
	return found
}
