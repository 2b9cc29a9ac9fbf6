package testkit_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

func TestMain(m *testing.M) {
	testkit.RunAsNode()
	os.Exit(m.Run())
}

// diamond is ROOT, LEFT and RIGHT above it, and TOP above both.
func diamond() []spec.Daemon {
	rows := testkit.IndependentRows(4)
	for i, name := range []spec.Type{"ROOT", "LEFT", "RIGHT", "TOP"} {
		rows[i].Type = name
	}
	rows[1].DependsOn = []spec.Type{"ROOT"}
	rows[2].DependsOn = []spec.Type{"ROOT"}
	rows[3].DependsOn = []spec.Type{"LEFT", "RIGHT"}
	return rows
}

func TestFleetInThisProcess(t *testing.T) {
	t.Parallel()
	fleet := testkit.NewFleet(t, testkit.WithParam(diamond(), testkit.ParamReadyWithin, "50ms"))
	fleet.HostNode(t, "node-1")
	fleet.Up(t)
	fleet.AwaitReady(t, 20*time.Second)
	down := fleet.Down(t)
	require.Len(t, down.Outcomes, 4)
	fleet.AwaitStopped(t, 10*time.Second)
	entries := fleet.Entries(t)
	require.Empty(t, entries.Doubles())
	require.Empty(t, entries.EarlyStarts(fleet.Rows))
	require.Empty(t, entries.EarlyStops(fleet.Rows))
}

func TestFleetNodeProcessCanBeKilled(t *testing.T) {
	t.Parallel()
	fleet := testkit.NewFleet(t, diamond())
	node := fleet.StartNode(t, "node-1")
	fleet.Up(t)
	fleet.AwaitReady(t, 20*time.Second)
	node.Kill(t)
	require.Empty(t, fleet.Entries(t).Live(), "a killed process runs nothing")
	node.Start(t)
	fleet.AwaitReady(t, 20*time.Second)
	require.Empty(t, fleet.Entries(t).Doubles())
}
