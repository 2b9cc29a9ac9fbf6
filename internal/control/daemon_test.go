package control_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/control/controltest"
	"github.com/ringrift/orchestrator/internal/spec"
)

func TestDo(t *testing.T) {
	t.Parallel()
	fleet, _ := setup(t)
	target := control.Target{Type: router}
	_, err := fleet.Do(t.Context(), target, spec.VerbStop, spec.Command{Reason: controltest.Refuse})
	var refused *control.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, controltest.Refusal, refused.Reason)

	result, err := fleet.Do(t.Context(), target, spec.VerbStop, spec.Command{Cascade: true, Reason: "maintenance"})
	require.NoError(t, err)
	require.Equal(t, spec.CommandResult{Phase: spec.PhaseStopped, Message: "will stop"}, result)

	info, err := fleet.Info(t.Context(), target)
	require.NoError(t, err)
	require.Equal(t, "tester", info.Actor, "the command carries the client's actor")
	require.Equal(t, "maintenance", info.Reason)
}

func TestUnknownDaemon(t *testing.T) {
	t.Parallel()
	fleet, _ := setup(t)
	target := control.Target{Type: "DLQ_RETRY", Node: "node-7"}
	_, err := fleet.Info(t.Context(), target)
	var unknown *control.UnknownDaemonError
	require.ErrorAs(t, err, &unknown)
	_, err = fleet.Do(t.Context(), target, spec.VerbStop, spec.Command{})
	require.EqualError(t, err, "no copy of DLQ_RETRY is on node \"node-7\": `starter status` lists the copies, `starter nodes` the nodes")
	_, err = fleet.Info(t.Context(), control.Target{Type: "DLQ_RETRY"})
	require.EqualError(t, err, "daemon DLQ_RETRY is not part of the fleet that is up: `starter status` lists what is, `starter up --only DLQ_RETRY` adds it")
}

func TestWaitPhase(t *testing.T) {
	t.Parallel()
	fleet, _ := setup(t)
	target := control.Target{Type: router}
	info, err := fleet.WaitPhase(t.Context(), target, spec.PhaseStopped, spec.PhaseRunning)
	require.NoError(t, err)
	require.Equal(t, spec.PhaseRunning, info.Phase)

	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = fleet.WaitPhase(ctx, target, spec.PhaseStopped)
	require.EqualError(t, err, "not ready in time: EVENT_ROUTER RUNNING; `starter explain TYPE` says why")
}

func TestWaitReady(t *testing.T) {
	t.Parallel()
	fleet, _ := setup(t)
	looks := 0
	err := fleet.WaitReady(t.Context(), []spec.Type{router}, func(ready int, pending []spec.Info) {
		looks++
		require.Equal(t, 1, ready)
		require.Empty(t, pending)
	})
	require.NoError(t, err, "a ready daemon ends the wait")
	require.Positive(t, looks)

	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	err = fleet.WaitReady(ctx, nil, nil)
	require.EqualError(t, err, "not ready in time: POLLER STARTING, AUTO_SYNC BLOCKED on POLLER, HEALTH_SERVER FAILED; `starter explain TYPE` says why")

	err = fleet.WaitReady(t.Context(), []spec.Type{failed}, nil)
	var pending *control.NotReadyError
	require.ErrorAs(t, err, &pending, "what failed for good is not waited for")
	require.True(t, pending.Hopeless)

	interrupted, interrupt := context.WithCancel(t.Context())
	interrupt()
	require.ErrorIs(t, fleet.WaitReady(interrupted, nil, nil), context.Canceled)
}
