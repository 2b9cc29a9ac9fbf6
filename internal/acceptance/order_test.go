//go:build acceptance

package acceptance

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

// roundLimit bounds a start and a stop of the graph, which take two seconds: one that takes longer was stuck.
const roundLimit = 10 * time.Second

// TestOrder starts and stops the whole graph again and again; no edge may be violated.
func TestOrder(t *testing.T) {
	for name, rows := range map[string][]spec.Daemon{
		"reference": testkit.ReferenceRows(t),
		"registry":  testkit.RegistryRows(t), // per-node types as groups with members
	} {
		t.Run(name, func(t *testing.T) { testOrder(t, rows, rounds(100, 5)) })
	}
}

// TestOrderAcrossRuns has the supervisor continue as new several times in each start and stop. The daemons'
// own histories stay below the limit: one that hands over to its next run starts anew beside its dependents.
func TestOrderAcrossRuns(t *testing.T) {
	testOrder(t, testkit.RegistryRows(t), rounds(6, 4), "--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=200")
}

func testOrder(t *testing.T, rows []spec.Daemon, rounds int, flags ...string) {
	rows = testkit.WithParam(rows, testkit.ParamReadyWithin, "100ms")
	fleet := testkit.NewFleet(t, rows, flags...)
	fleet.StartNode(t, "node-1")
	var ready, stopped figures
	for range rounds {
		began := time.Now()
		fleet.Up(t)
		ready = append(ready, fleet.AwaitReady(t, within(roundLimit)).Sub(began))
		began = time.Now()
		for _, stop := range fleet.Down(t).Outcomes {
			require.Equal(t, spec.StopClean, stop.Outcome, "stop of %s", stop.Daemon)
		}
		stopped = append(stopped, fleet.AwaitStopped(t, within(roundLimit)).Sub(began))
	}
	entries := fleet.Entries(t)
	require.Empty(t, entries.EarlyStarts(fleet.Rows), "daemons that began before a dependency was ready")
	require.Empty(t, entries.EarlyStops(fleet.Rows), "daemons that ended before a dependent")
	require.Empty(t, entries.Doubles(), "daemons that ran twice")
	t.Logf("%d daemons: ready %s; stopped %s", len(rows), ready, stopped)
}
