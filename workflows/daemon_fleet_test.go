package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestDaemonFleetSwitchKeepsTheIntent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		verb  spec.Verb
		after spec.Phase
	}{
		"run":   {spec.VerbStart, spec.PhaseStarting},
		"stop":  {spec.VerbStop, spec.PhaseStopped},
		"pause": {spec.VerbPause, spec.PhasePaused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := launchRunning(t, underSupervisor)
			r.command(test.verb, spec.Command{})
			desired := r.info().Desired
			r.signal(spec.SignalHold, nil)
			info := r.requirePhase(spec.PhaseStopped)
			require.True(t, info.FleetDown)
			require.Equal(t, desired, info.Desired)
			r.wait(time.Hour)
			r.requirePhase(spec.PhaseStopped)
			r.signal(spec.SignalClear, spec.Clearance{Spec: autoSync()})
			info = r.requirePhase(test.after)
			require.False(t, info.FleetDown)
			require.Equal(t, desired, info.Desired)
			require.NotContains(t, info.Reason, "fleet goes down", "that is over")
		})
	}
}

func TestDaemonThatRunsTellsAParentThatExpectsItsStart(t *testing.T) {
	t.Parallel()
	for name, early := range map[string]bool{"before its report": true, "after its report": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := launchDaemon(t, underSupervisor)
			if !early {
				r.ready()
			}
			r.signal(spec.SignalClear, spec.Clearance{Spec: autoSync()})
			if early {
				require.NotContains(t, r.sentNames(), spec.SignalReady)
				r.ready()
			}
			r.requirePhase(spec.PhaseRunning)
			require.Equal(t, []string{spec.SignalReady}, r.sentNames(), "a parent that took a census saw it start")
			r.requireRuns(1)
		})
	}
}

func TestDaemonCommandsWhileTheFleetIsDown(t *testing.T) {
	t.Parallel()
	r := launchRunning(t, underSupervisor)
	r.signal(spec.SignalHold, nil)
	result, err := r.update(spec.VerbStart, spec.Command{})
	require.NoError(t, err)
	require.Equal(t, "will start once the fleet is up", result.Message)
	r.requirePhase(spec.PhaseStopped)
	r.requireRuns(1)
}

func TestDaemonStoppedByItsHostForDown(t *testing.T) {
	t.Parallel()
	r := launchRunning(t, underSupervisor)
	r.result(spec.RunResult{Outcome: spec.OutcomeDown, Cause: spec.CauseOperator})
	info := r.requirePhase(spec.PhaseStopped)
	require.True(t, info.FleetDown)
	require.Equal(t, spec.DesiredRun, info.Desired)
	require.Equal(t, "supervisor", info.Actor)
	r.signal(spec.SignalClear, spec.Clearance{Spec: autoSync()})
	r.requireRuns(2)
}

func TestDaemonEvictsTheCopyOfAClosedRun(t *testing.T) {
	t.Parallel()
	r := launchDaemon(t, func(in *spec.DaemonInput) { in.Carry = &spec.Carry{Worker: "old-worker", Phase: spec.PhaseRunning} })
	require.Equal(t, []spec.StopDaemonInput{{ID: r.id, Reason: spec.StopForEviction}}, r.world.stops)
	r.requireRuns(1)
	r.requireArrows("RUNNING→STARTING")
}

func TestDaemonThatIsCancelledLeavesNoCopy(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.env.CancelWorkflow()
	var cancelled *temporal.CanceledError
	require.True(t, errors.As(r.awaitEnd(), &cancelled))
	require.True(t, r.run().ended, "the activity is over before the workflow")
}
