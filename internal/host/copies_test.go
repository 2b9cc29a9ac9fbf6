package host_test

import (
	"context"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

func TestTheSuccessorGetsTheHandover(t *testing.T) {
	t.Parallel()
	given := make(chan host.Runtime, 1)
	r := newRig(t, func(runtime host.Runtime) (host.Runner, error) {
		given <- runtime
		return idle(), nil
	})
	r.runReady(nap(epoch(7), func(a *host.Assignment) { a.Handover, a.Node, a.Attempt = []byte("page 7"), "node-1", 3 }))
	runtime := receive(t, given, "the runtime")
	require.Equal(t, "page 7", string(runtime.Handover))
	require.EqualValues(t, 7, runtime.Epoch)
	require.Equal(t, 3, runtime.Attempt)
	require.Equal(t, "node-1", runtime.Node)
	require.NotNil(t, runtime.Bus)
}

func TestANewerCopyEvictsTheOlder(t *testing.T) {
	t.Parallel()
	var inside, most atomic.Int32
	r := hosting(t, serves{func(ctx context.Context) error {
		most.Store(max(most.Load(), inside.Add(1)))
		defer inside.Add(-1)
		<-ctx.Done()
		return nil
	}})
	old := r.runReady(nap(epoch(1)))
	young := r.runReady(nap(epoch(2)))
	exit := old.awaitExit()
	require.Equal(t, host.ExitStopped, exit.Kind)
	require.Equal(t, spec.StopForEviction, exit.Reason)
	require.Equal(t, int64(2), r.host.Snapshot()[0].Epoch)
	require.EqualValues(t, 1, most.Load(), "never two copies at once")

	late := r.run(nap(epoch(1)))
	require.Equal(t, host.Exit{Kind: host.ExitStopped, Reason: spec.StopForFence}, late.awaitExit(), "an older one steps back")
	require.Empty(t, late.ready)
	require.Empty(t, young.exit)
}

func TestACopyOnAnotherHostFencesThisOne(t *testing.T) {
	t.Parallel()
	r := hosting(t, ticks{time.Millisecond, func(context.Context) error { return nil }})
	require.NoError(t, r.bus.Session("NAP", "", 9).Claim(t.Context()))
	exit := r.run(nap(epoch(8))).awaitExit()
	require.Equal(t, host.ExitStopped, exit.Kind)
	require.Equal(t, spec.StopForFence, exit.Reason)
}

func TestUnknownType(t *testing.T) {
	t.Parallel()
	exit := hosting(t, idle()).run(nap(func(a *host.Assignment) { a.Spec.Type = "STRANGER" })).awaitExit()
	require.Equal(t, host.ExitUnknown, exit.Kind)
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	r := hosting(t, idle())
	require.Empty(t, r.host.Snapshot())
	for _, node := range []string{"b", "a", ""} {
		r.runReady(nap(epoch(3), func(a *host.Assignment) { a.Node, a.Attempt = node, 2 }))
	}
	infos := r.host.Snapshot()
	require.Len(t, infos, 3)
	for i, node := range []string{"", "a", "b"} {
		require.Equal(t, node, infos[i].Node)
		require.Equal(t, spec.PhaseRunning, infos[i].Phase)
		require.True(t, infos[i].Ready)
		require.EqualValues(t, 3, infos[i].Epoch)
		require.Equal(t, 2, infos[i].Attempt)
	}
	require.Equal(t, spec.KindMember, infos[1].Kind)
	require.Equal(t, spec.HealthUnknown, r.host.Health("daemon/STRANGER").Status)
}

// Not parallel: it counts goroutines.
func TestNothingIsLeftBehind(t *testing.T) {
	r := hosting(t, struct {
		ticks
		readies
		checks
		drains
	}{
		ticks{time.Millisecond, func(context.Context) error { return nil }},
		readies{func(context.Context) error { return nil }},
		checks{func(context.Context) spec.Health { return spec.Health{Status: spec.HealthOK} }},
		drains{func(context.Context) ([]byte, error) { return nil, nil }},
	})
	r.runReady(nap()).stop(spec.StopForHandover)
	before := runtime.NumGoroutine()
	for n := range int64(20) {
		r.runReady(nap(epoch(n + 2))).stop(spec.StopForHandover)
	}
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, patience, time.Millisecond,
		"goroutines: "+strconv.Itoa(before)+" before")
}
