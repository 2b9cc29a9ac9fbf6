package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestSupervisorContinuesAsNewWithACensus(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()...)
	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{spec.Node{ID: "node-1", Identity: workerName}}})
	r.env.SetContinueAsNewSuggested(true)
	r.env.SignalWorkflow(spec.SignalReady, spec.ReadyList{})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, r.awaitEnd(), &next)
	var input spec.SupervisorInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &input))

	again := launchSupervisor(t, input.Carry, func(again *rig) {
		again.world.lively = true
		for _, row := range input.Carry.Rows {
			if row.ID == "daemon/TOP" {
				again.world.closed[row.ID] = spec.Carry{Spent: 2}
				continue
			}
			again.world.running = append(again.world.running, row)
		}
	})
	status := again.status()
	require.Equal(t, spec.FleetUp, status.Fleet)
	require.Equal(t, "here", status.Installation)
	require.Len(t, status.Nodes, 1)
	again.wait(time.Minute)
	require.Equal(t, []string{"daemon/TOP"}, again.world.started(), "only what closed meanwhile is started")
	require.Equal(t, 4, again.world.find("daemon/TOP").Attempts)
	for _, info := range again.status().Daemons {
		require.Equal(t, spec.PhaseRunning, info.Phase, "%s", info.Daemon)
	}
}

// The workflow of a daemon hears of its readiness at leisure, its parent at once: a new run of the parent must not
// wait for what it knows. Word of an earlier attempt is no such knowledge.
func TestSupervisorKeepsWhatItHeardAcrossRuns(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]spec.Phase{"this attempt": spec.PhaseRunning, "an earlier attempt": spec.PhaseStarting} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := launchFleet(t, row("BASE"), row("TOP", "BASE"))
			began := r.env.Now()
			carry := spec.SupervisorCarry{Fleet: spec.FleetUp, Request: spec.UpRequest{Installation: "here", Daemons: []spec.Daemon{row("BASE"), row("TOP", "BASE")}}}
			epoch := began.Add(time.Second).UnixNano()
			if want != spec.PhaseRunning {
				epoch = began.Add(-time.Second).UnixNano()
			}
			carry.Rows = []spec.Row{{ID: "daemon/BASE", Phase: spec.PhaseRunning, Epoch: epoch, Worker: workerName, Existing: true}}
			again := launchSupervisor(t, &carry, func(again *rig) {
				again.world.running = []spec.Row{{ID: "daemon/BASE", Phase: spec.PhaseStarting, Since: began, Existing: true}}
			})
			require.Equal(t, want, again.rowOf("BASE").Phase)
			if want == spec.PhaseRunning {
				require.NotNil(t, again.world.find("daemon/TOP"), "its dependent starts at once")
			} else {
				require.Nil(t, again.world.find("daemon/TOP"), "its dependent waits")
			}
		})
	}
}

func TestSupervisorTakesLateAndDoubleWordForWhatItIs(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, row("BASE"))
	epoch := r.rowOf("BASE").Epoch
	r.tell("daemon/BASE", spec.VerbStop, spec.Command{})
	r.wait(step)
	require.Equal(t, spec.PhaseStopped, r.rowOf("BASE").Phase)
	for _, late := range []int64{epoch, epoch - 1} {
		r.signal(spec.SignalReady, spec.ReadyList{Ready: []spec.ReadyNotice{{ID: "daemon/BASE", Epoch: late}, {ID: "daemon/STRANGER", Epoch: late}}})
		require.Equal(t, spec.PhaseStopped, r.rowOf("BASE").Phase)
	}
	r.signal("explode", nil)
	r.signal(spec.SignalReady, "not a list")
	require.Equal(t, spec.PhaseStopped, r.rowOf("BASE").Phase)
}

// A week of a daemon whose verdict changes every ten minutes, and of one that has nothing to say.
func TestAWeekCostsLittleHistory(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	timers := 0
	r.env.SetOnTimerScheduledListener(func(string, time.Duration) { timers++ })
	published := len(r.world.published)
	words := []spec.HealthStatus{spec.HealthDegraded, spec.HealthOK}
	for change := range 7 * 24 * 6 {
		r.world.report(r.run(), spec.Report{Kind: spec.ReportHealth, Health: spec.Health{Status: words[change%2]}})
		r.wait(10 * time.Minute)
	}
	require.Zero(t, timers, "a running daemon needs no timer")
	require.Len(t, r.world.published, published, "a verdict is no transition")
	require.Empty(t, r.world.stops)
	require.Empty(t, r.world.sent)
	r.requireRuns(1)
	// A signal and the task that reads it are four events: 7 × 24 × 6 × 4 = 4,032 in all.
}
