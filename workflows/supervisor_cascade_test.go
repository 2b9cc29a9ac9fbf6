package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestSupervisorRefusesAStopUnderDependents(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()...)
	answer := r.tell("daemon/BASE", spec.VerbStop, byAlice)
	r.wait(step)
	require.True(t, answer.complete)
	for _, dependent := range []string{"LEFT", "RIGHT", "TOP"} {
		requireRefused(t, answer.err, dependent)
	}
	requireRefused(t, answer.err, "cascade")
	require.Equal(t, spec.PhaseRunning, r.infoOf("BASE", "").Phase)

	answer = r.tell("daemon/TOP", spec.VerbStop, byAlice)
	r.wait(step)
	require.NoError(t, answer.err, "nobody depends on it")
	answer = r.tell("daemon/LEFT", spec.VerbStop, byAlice)
	r.wait(step)
	require.NoError(t, answer.err, "its dependent does not run any more")
}

func TestSupervisorCascadesAStop(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()...)
	r.world.stopTakes = 2 * time.Second
	answer := r.tell("daemon/BASE", spec.VerbStop, spec.Command{Cascade: true, Actor: "alice", Reason: "disk swap"})
	r.wait(time.Minute)
	require.True(t, answer.complete)
	require.NoError(t, answer.err)
	require.ElementsMatch(t, []spec.Type{"LEFT", "RIGHT", "TOP"}, answer.value.(spec.CommandResult).Touched)
	require.Equal(t, "daemon/TOP", r.world.ends[0])
	require.ElementsMatch(t, []string{"daemon/LEFT", "daemon/RIGHT"}, r.world.ends[1:3])
	require.Equal(t, "daemon/BASE", r.world.ends[3])
	top := r.infoOf("TOP", "")
	require.Equal(t, spec.DesiredStop, top.Desired)
	require.Equal(t, "alice", top.Actor)
	require.Equal(t, "cascade from BASE: disk swap", top.Reason)

	answer = r.tell("daemon/TOP", spec.VerbStart, spec.Command{Cascade: true})
	r.wait(time.Minute)
	require.True(t, answer.complete)
	require.NoError(t, answer.err)
	require.ElementsMatch(t, []spec.Type{"BASE", "LEFT", "RIGHT"}, answer.value.(spec.CommandResult).Touched)
	require.Equal(t, spec.PhaseRunning, r.rowOf("TOP").Phase)
	require.Equal(t, "daemon/BASE", r.world.started()[4])
	require.Equal(t, "daemon/TOP", r.world.started()[7])
}

func TestSupervisorStartWithoutCascadeWaitsForItsDependency(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()...)
	r.tell("daemon/BASE", spec.VerbStop, spec.Command{Cascade: true})
	r.wait(time.Minute)
	r.tell("daemon/TOP", spec.VerbStart, spec.Command{})
	r.wait(time.Minute)
	info := r.infoOf("TOP", "")
	require.Equal(t, spec.PhaseBlocked, info.Phase)
	require.Equal(t, []spec.Type{"LEFT", "RIGHT"}, info.BlockedOn)
}

func TestSupervisorCascadesARestart(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()...)
	answer := r.tell("daemon/BASE", spec.VerbRestart, spec.Command{Cascade: true})
	r.wait(time.Minute)
	require.True(t, answer.complete)
	require.NoError(t, answer.err)
	require.ElementsMatch(t, []spec.Type{"LEFT", "RIGHT", "TOP"}, answer.value.(spec.CommandResult).Touched)
	again := r.world.started()[4:]
	require.Len(t, again, 4, "each is restarted once: %v", again)
	require.Equal(t, "daemon/BASE", again[0])
	require.Equal(t, "daemon/TOP", again[3])
	for _, info := range r.status().Daemons {
		require.Equal(t, spec.PhaseRunning, info.Phase, "%s", info.Daemon)
	}
}

func TestSupervisorRestartWithoutCascadeLeavesDependentsAlone(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()...)
	r.tell("daemon/BASE", spec.VerbRestart, spec.Command{})
	r.wait(time.Minute)
	require.Equal(t, []string{"daemon/BASE"}, r.world.started()[4:])
}
