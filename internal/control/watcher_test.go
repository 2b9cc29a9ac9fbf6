package control_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/control/controltest"
	"github.com/ringrift/orchestrator/internal/spec"
)

// TestWatcherRemembersWhatHasNotChanged looks more often than a daemon is due, while its workflow is gone:
// what it said before still stands, until its turn comes.
func TestWatcherRemembersWhatHasNotChanged(t *testing.T) {
	t.Parallel()
	name, connection := server.Namespace(t)
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	row := spec.Info{Daemon: router, Kind: spec.KindDaemon, Phase: spec.PhaseRunning, Ready: true, Since: since}
	own := row
	own.RestartCount, own.Transitions = 3, []spec.Transition{{Daemon: router, Seq: 1, To: spec.PhaseRunning}}
	controltest.Serve(t, connection, controltest.Fleet{Daemons: []controltest.Daemon{{Told: row, Own: &own}}})
	fleet := control.New(connection, control.Options{Actor: "tester", Namespace: name})
	_, err := fleet.Up(t.Context(), request("here"))
	require.NoError(t, err)

	watcher := control.NewWatcher(fleet)
	restarts := func() int {
		status, err := watcher.Status(t.Context())
		require.NoError(t, err)
		require.Len(t, status.Daemons, 1)
		return status.Daemons[0].RestartCount
	}
	require.Equal(t, 3, restarts(), "the first look asks the daemon")

	require.NoError(t, connection.TerminateWorkflow(t.Context(), spec.WorkflowID(router, ""), "", "test"))
	remembered := 0
	for restarts() == 3 {
		remembered++
		require.Less(t, remembered, 12, "a daemon of which nothing is known to have changed is asked once in 12 looks")
	}
	require.Positive(t, remembered, "a daemon whose row has not changed is not asked each time")

	require.NoError(t, connection.TerminateWorkflow(t.Context(), spec.SupervisorID, "", "test"))
	_, err = watcher.Status(t.Context())
	var notUp *control.NotUpError
	require.ErrorAs(t, err, &notUp, "the supervisor is asked each time")
}
