package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

// The server drops what is on its way from a run that ends, so a supervisor that continues as new answers first.
func TestSupervisorAnswersBeforeItContinuesAsNew(t *testing.T) {
	t.Parallel()
	server := testkit.StartServer(t, "--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=60")
	l := &live{t: t, client: server.Client(), namespace: "default", address: server.Address()}
	rows := []spec.Daemon{row("BASE"), row("TOP", "BASE")}
	l.startNode("node-1", rows)
	l.startSupervisor()
	l.up(rows)
	l.await("daemon/TOP", spec.PhaseRunning)
	runs := map[string]bool{}
	for asked := 0; len(runs) < 6; asked++ {
		require.Less(t, asked, 200, "the supervisor continues as new")
		began := time.Now()
		require.ErrorContains(t, l.command("daemon/BASE", spec.VerbStop, spec.Command{}), "TOP run and depend on it", "command %d", asked)
		require.Less(t, time.Since(began), patience, "command %d", asked)
		runs[l.runID(spec.SupervisorID)] = true
	}
}
