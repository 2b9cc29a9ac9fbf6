package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestDaemonPauses(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.command(spec.VerbPause, byAlice)
	info := r.requirePhase(spec.PhasePaused)
	require.Equal(t, spec.DesiredPause, info.Desired)
	require.Contains(t, info.Pauses, "disk swap")
	require.Equal(t, "alice", info.Actor)
	require.Equal(t, "disk swap", info.Reason)
	require.Equal(t, spec.StopForPause, r.world.stops[0].Reason)
	r.wait(24 * time.Hour)
	r.requirePhase(spec.PhasePaused)
	r.command(spec.VerbResume, spec.Command{})
	require.Equal(t, "paused", string(r.requireRuns(2).Handover), "it gets its checkpoint back")
	r.ready()
	info = r.requirePhase(spec.PhaseRunning)
	require.Equal(t, spec.DesiredRun, info.Desired)
	require.Empty(t, info.Pauses)
}

func TestDaemonPauseExpires(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.command(spec.VerbPause, spec.Command{Reason: "disk full", For: "30m"})
	r.wait(29 * time.Minute)
	r.requirePhase(spec.PhasePaused)
	r.wait(time.Minute)
	r.requireRuns(2)
	require.Equal(t, spec.DesiredRun, r.requirePhase(spec.PhaseStarting).Desired)
}

func TestDaemonStaysPausedForEveryReason(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.command(spec.VerbPause, spec.Command{Reason: "disk full", For: "10m"})
	r.command(spec.VerbPause, spec.Command{Reason: "backpressure", For: "2h"})
	r.command(spec.VerbPause, spec.Command{Reason: "upgrade"})
	require.Len(t, r.info().Pauses, 3)
	r.wait(15 * time.Minute)
	require.Len(t, r.requirePhase(spec.PhasePaused).Pauses, 2, "one expired")

	r.command(spec.VerbResume, spec.Command{Reason: "lunch"})
	require.Contains(t, r.requirePhase(spec.PhasePaused).Refused, `no pause has the reason "lunch"`)
	r.command(spec.VerbResume, spec.Command{Reason: "upgrade"})
	require.Len(t, r.requirePhase(spec.PhasePaused).Pauses, 1)
	r.wait(2 * time.Hour)
	r.requireRuns(2)
	r.ready()
	r.requirePhase(spec.PhaseRunning)
}

func TestDaemonPauseCanBeExtended(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.command(spec.VerbPause, spec.Command{Reason: "disk full", For: "10m"})
	r.wait(9 * time.Minute)
	r.command(spec.VerbPause, spec.Command{Reason: "disk full", For: "10m"})
	r.wait(5 * time.Minute)
	r.requirePhase(spec.PhasePaused)
	r.wait(6 * time.Minute)
	r.requirePhase(spec.PhaseStarting)
}

func TestDaemonStopAndStartEndAPause(t *testing.T) {
	t.Parallel()
	for verb, after := range map[spec.Verb]spec.Phase{
		spec.VerbStop: spec.PhaseStopped, spec.VerbStart: spec.PhaseStarting, spec.VerbRestart: spec.PhaseStarting,
	} {
		r := launchRunning(t)
		r.command(spec.VerbPause, spec.Command{For: "30m"})
		r.command(verb, spec.Command{})
		require.Empty(t, r.info().Pauses, "%s", verb)
		r.wait(time.Hour)
		require.Equal(t, after, r.info().Phase, "an hour after %s", verb)
	}
}

func TestDaemonResetKeepsAPause(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.command(spec.VerbPause, spec.Command{})
	r.command(spec.VerbReset, spec.Command{})
	r.requirePhase(spec.PhasePaused)
}

func TestDaemonResetDoesNotDisturb(t *testing.T) {
	t.Parallel()
	for name, launch := range map[string]func(*testing.T) *rig{
		"running":  func(t *testing.T) *rig { return launchRunning(t) },
		"starting": func(t *testing.T) *rig { return launchDaemon(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := launch(t)
			r.command(spec.VerbReset, spec.Command{})
			r.requireRuns(1)
			require.Empty(t, r.world.stops)
		})
	}
}
