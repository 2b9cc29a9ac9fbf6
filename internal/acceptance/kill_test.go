//go:build acceptance

package acceptance

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/testkit"
)

const backAfterKill = 5 * time.Second

// TestKillWorker kills the worker at random moments, while some daemons are being restarted and others may
// not be back from the kill before.
func TestKillWorker(t *testing.T) {
	var node *testkit.Node
	h := withHistory(t, testkit.ReferenceRows(t), func(fleet *testkit.Fleet) { node = fleet.StartNode(t, "node-1") })
	testKill(t, h, func() {
		node.Kill(t)
		node.Start(t)
	})
}

// TestKillServer kills the Temporal server at random moments. The daemons work on meanwhile.
func TestKillServer(t *testing.T) {
	h := withHistory(t, testkit.ReferenceRows(t), func(fleet *testkit.Fleet) { fleet.StartNode(t, "node-1") })
	testKill(t, h, func() {
		h.fleet.Server.Kill(t)
		h.fleet.Server.Restart(t)
	})
}

func testKill(t *testing.T, h *history, killAndStart func()) {
	var back figures
	for range rounds(20, 5) {
		begun := h.restartSome(t)
		elapse(rand.N(300 * time.Millisecond))
		killAndStart()
		began := time.Now()
		h.awaitBegunAnew(t, begun)
		ready := h.fleet.AwaitReady(t, patience, h.idle...).Sub(began)
		back = append(back, max(0, ready))
		elapse(rand.N(2 * time.Second))
	}
	t.Logf("all daemons back after the start of what was killed: %s; each: %v", back, []time.Duration(back))
	require.Empty(t, h.fleet.Entries(t).Doubles(), "daemons that ran twice")
	h.requireKept(t)
	require.LessOrEqual(t, back.max(), within(backAfterKill), "all daemons back")
}
