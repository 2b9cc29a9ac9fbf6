package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

// The server carries the signals of one workflow task out side by side, which no simulation shows.
func TestGroupPassesVerbsOnInOrder(t *testing.T) {
	t.Parallel()
	var server testkit.SharedServer
	namespace, client := server.Namespace(t)
	l := &live{t: t, client: client, namespace: namespace, address: server.Address()}
	rows := []spec.Daemon{perNode(row("SPREAD"))}
	l.startNode("node-1", rows)
	l.startSupervisor()
	l.up(rows)
	l.await("daemon/SPREAD@node-1", spec.PhaseRunning)
	for range 8 {
		for _, verb := range []spec.Verb{spec.VerbStop, spec.VerbStart, spec.VerbPause, spec.VerbResume} {
			l.signal("daemon/SPREAD", string(verb), nil)
		}
	}
	require.NoError(t, l.command("daemon/SPREAD", spec.VerbStart, spec.Command{}), "the group has obeyed everything before")
	l.await("daemon/SPREAD@node-1", spec.PhaseRunning)
	l.await("daemon/SPREAD", spec.PhaseRunning)
	require.Empty(t, l.info("daemon/SPREAD@node-1").Refused)

	require.NoError(t, l.command("daemon/SPREAD", spec.VerbPause, spec.Command{}))
	require.NoError(t, l.command("daemon/SPREAD", spec.VerbStop, spec.Command{}))
	l.await("daemon/SPREAD@node-1", spec.PhaseStopped)
}
