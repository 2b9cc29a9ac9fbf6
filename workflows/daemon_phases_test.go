package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// reach leads a daemon into each phase in which it can stay.
var reach = map[spec.Phase]func(*testing.T) *rig{
	spec.PhaseStarting:   func(t *testing.T) *rig { return launchDaemon(t) },
	spec.PhaseRunning:    func(t *testing.T) *rig { return launchRunning(t) },
	spec.PhaseBlocked:    func(t *testing.T) *rig { return launchDaemon(t, underSupervisor, notCleared) },
	spec.PhaseStopped:    afterRunning(func(r *rig) { r.command(spec.VerbStop, spec.Command{}) }),
	spec.PhaseRestarting: afterRunning(func(r *rig) { r.fail(spec.CauseError, "boom", 5*time.Minute) }),
	spec.PhaseProbing:    afterRunning(func(r *rig) { r.exhaust(spec.CauseError, "boom") }),
	spec.PhasePaused:     afterRunning(func(r *rig) { r.command(spec.VerbPause, spec.Command{}) }),
	spec.PhaseCompleted:  afterRunning(func(r *rig) { r.result(spec.RunResult{Outcome: spec.OutcomeCompleted}) }),
	spec.PhaseDisabled:   afterRunning(func(r *rig) { r.result(spec.RunResult{Outcome: spec.OutcomeDisabled}) }),
	spec.PhaseFailed:     afterRunning(func(r *rig) { r.refuseConfig("no bucket") }),
	spec.PhaseStopping: afterRunning(func(r *rig) {
		r.world.stopTakes = 10 * time.Second
		r.command(spec.VerbStop, spec.Command{})
	}),
	spec.PhaseUnavailable: afterRunning(func(r *rig) {
		r.result(spec.RunResult{Outcome: spec.OutcomeElsewhere, Cause: spec.CauseElsewhere, Delay: time.Minute})
	}),
}

func afterRunning(lead func(*rig)) func(*testing.T) *rig {
	return func(t *testing.T) *rig {
		r := launchRunning(t)
		lead(r)
		return r
	}
}

// inEveryPhase runs a test with a daemon in each phase.
func inEveryPhase(t *testing.T, test func(*testing.T, spec.Phase, *rig)) {
	t.Helper()
	for phase, lead := range reach {
		t.Run(string(phase), func(t *testing.T) {
			t.Parallel()
			r := lead(t)
			r.requirePhase(phase)
			test(t, phase, r)
		})
	}
}

func TestDaemonStopsInEveryPhase(t *testing.T) {
	t.Parallel()
	inEveryPhase(t, func(t *testing.T, phase spec.Phase, r *rig) {
		r.command(spec.VerbStop, byAlice)
		r.wait(20 * time.Second)
		info := r.requirePhase(spec.PhaseStopped)
		require.Equal(t, spec.DesiredStop, info.Desired)
		require.Zero(t, info.NextTryAt)
		runs := len(r.world.runs)
		r.wait(2 * time.Hour)
		r.requirePhase(spec.PhaseStopped)
		r.requireRuns(runs)
	})
}

func TestDaemonRestartsInEveryPhase(t *testing.T) {
	t.Parallel()
	inEveryPhase(t, func(t *testing.T, phase spec.Phase, r *rig) {
		before := len(r.world.runs)
		result, err := r.update(spec.VerbRestart, byAlice)
		require.NoError(t, err)
		require.Equal(t, "will restart", result.Message)
		if phase == spec.PhaseBlocked {
			r.requirePhase(spec.PhaseBlocked)
			r.signal(spec.SignalClear, spec.Clearance{Spec: autoSync()})
		}
		r.wait(20 * time.Second)
		r.requireRuns(before + 1)
		r.ready()
		require.Equal(t, spec.DesiredRun, r.requirePhase(spec.PhaseRunning).Desired)
	})
}

func TestDaemonStartsFromEveryPhase(t *testing.T) {
	t.Parallel()
	inEveryPhase(t, func(t *testing.T, phase spec.Phase, r *rig) {
		before := len(r.world.runs)
		r.command(spec.VerbStart, byAlice)
		r.wait(20 * time.Second)
		switch phase {
		case spec.PhaseRunning, spec.PhaseStarting:
			r.requireRuns(before)
			return
		case spec.PhaseBlocked:
			r.requirePhase(spec.PhaseBlocked)
			return
		}
		r.requireRuns(before + 1)
		r.ready()
		r.requirePhase(spec.PhaseRunning)
	})
}
