package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// A daemon may become ready in the very moment in which it is stopped; that must not make the supervisor forget
// that it has to be started again.
func TestSupervisorStartsAgainWhatBecameReadyDuringDown(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil)
	r.up(row("BASE"))
	base := r.world.find("daemon/BASE")
	r.world.stopTakes = 3 * time.Second
	down := r.ask(spec.UpdateDown, spec.Command{})
	r.wait(step)
	r.world.becomeReady(base)
	r.wait(time.Minute)
	require.True(t, down.complete)
	require.Equal(t, spec.PhaseStopped, r.rowOf("BASE").Phase)
	require.Equal(t, spec.PhaseStopped, r.infoOf("BASE", "").Phase)

	r.world.lively = true
	r.up(row("BASE"))
	r.wait(time.Minute)
	require.Equal(t, spec.PhaseRunning, r.infoOf("BASE", "").Phase)
	require.Equal(t, spec.PhaseRunning, r.rowOf("BASE").Phase)
}

// A worker may die between its answer that it stops a daemon and the end of that daemon's activity.
func TestSupervisorDownReachesADaemonThatEndsInAnotherWay(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, row("BASE"))
	r.world.stopTakes = 3 * time.Second
	down := r.ask(spec.UpdateDown, spec.Command{})
	r.wait(step)
	r.world.end(r.world.find("daemon/BASE"), spec.RunResult{Outcome: spec.OutcomeRenew, Cause: spec.CauseWorkerLost}, nil)
	r.wait(2 * time.Minute)
	require.True(t, down.complete)
	require.Equal(t, spec.PhaseStopped, r.infoOf("BASE", "").Phase, "%v", arrows(r.infoOf("BASE", "").Transitions))
	require.Nil(t, r.world.find("daemon/BASE"), "nothing runs")
}

// The word of a `down` that is over may reach the attempt after it, which then ends as if the fleet went down.
func TestSupervisorStartsAgainWhatALateDownEnded(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, row("BASE"))
	ended := r.world.find("daemon/BASE")
	r.world.lively = true
	r.world.end(ended, spec.RunResult{Outcome: spec.OutcomeDown, Cause: spec.CauseOperator, Epoch: ended.epoch}, nil)
	r.wait(time.Minute)
	require.Equal(t, spec.PhaseRunning, r.infoOf("BASE", "").Phase, "%v", arrows(r.infoOf("BASE", "").Transitions))
	require.Equal(t, spec.PhaseRunning, r.rowOf("BASE").Phase)
	require.Len(t, r.world.started(), 2, "it started again once")
}

// A member that was cleared a moment ago has told nothing yet when its group goes down.
func TestGroupHoldsAMemberThatItHasJustCleared(t *testing.T) {
	t.Parallel()
	r := launchRunningGroup(t, 2)
	r.signal(spec.SignalHold, nil)
	r.wait(time.Minute)
	r.env.SignalWorkflow(spec.SignalClear, spec.Clearance{Spec: perNode(autoSync())})
	r.env.SignalWorkflow(spec.SignalHold, nil)
	r.wait(time.Minute)
	r.requirePhase(spec.PhaseStopped)
	r.requireMembers(spec.PhaseStopped, 2)
	for _, name := range []string{"node-1", "node-2"} {
		require.True(t, r.infoOf("AUTO_SYNC", name).FleetDown, "%s", name)
		require.Nil(t, r.world.find("daemon/AUTO_SYNC@"+name), "nothing runs on %s", name)
	}
}
