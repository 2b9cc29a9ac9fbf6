//go:build acceptance

package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

// TestBusOutage takes the event bus away from a worker that runs every daemon of this build, for longer than
// any of their timeouts. Nothing restarts but the router, nobody spends budget, and what came in meanwhile is
// published once the bus is back.
func TestBusOutage(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	events := bustest.Serve(t, dir, r.bus)
	r.work("NATS_URL=" + events.URL())
	r.up()
	before := r.settled()

	require.NoError(t, events.Shutdown(context.Background()))
	length := 5 * time.Minute
	if testing.Short() {
		length = 40 * time.Second
	}
	r.spool("note.json", `{"event_type":"OPERATOR_NOTE","payload":{"text":"while it was away"}}`)
	<-time.After(length)
	bustest.Serve(t, dir, r.bus)

	require.Eventually(t, func() bool {
		return value(r.metrics(), "ringrift_events_published_total", "event=OPERATOR_NOTE") == 1
	}, patience, pollInterval, "the event that waited is published")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, r.fleet().WaitReady(ctx, nil, nil), "all are ready again")
	for id, now := range r.infos() {
		was := before[id]
		require.Equal(t, was.RestartCount, now.RestartCount, "spent budget of %s: %s", id, now.LastError)
		if now.Daemon != "EVENT_ROUTER" {
			require.Equal(t, was.Epoch, now.Epoch, "%s was restarted: %v", id, now.Transitions)
		}
	}
}

// settled is what every daemon knows of itself, once each knows that it runs: its workflow hears of that at leisure.
func (r *rig) settled() (infos map[string]spec.Info) {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		infos = r.infos()
		for _, info := range infos {
			if info.Phase == spec.PhaseStarting {
				return false
			}
		}
		return true
	}, patience, pollInterval, "every daemon has heard that it runs")
	return infos
}

// infos asks every daemon, and every copy of those that run on each node.
func (r *rig) infos() map[string]spec.Info {
	r.t.Helper()
	fleet := r.fleet()
	status, err := fleet.Status(r.t.Context())
	require.NoError(r.t, err)
	found := map[string]spec.Info{}
	for _, told := range status.Daemons {
		info, err := fleet.Info(r.t.Context(), control.TargetOf(told))
		require.NoError(r.t, err)
		found[spec.WorkflowID(info.Daemon, info.Node)] = info
		for _, member := range info.Members {
			copy, err := fleet.Info(r.t.Context(), control.TargetOf(member))
			require.NoError(r.t, err)
			found[spec.WorkflowID(copy.Daemon, copy.Node)] = copy
		}
	}
	require.NotEmpty(r.t, found)
	return found
}
