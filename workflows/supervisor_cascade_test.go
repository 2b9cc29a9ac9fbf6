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

func TestSupervisorRefusesAStopUnderDependentsThatCameLater(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, row("BASE"))
	r.up(row("BASE"), row("TOP", "BASE"))
	r.wait(time.Minute)
	answer := r.tell("daemon/BASE", spec.VerbStop, byAlice)
	r.wait(step)
	require.True(t, answer.complete)
	requireRefused(t, answer.err, "TOP run and depend on it")
	require.Equal(t, spec.PhaseRunning, r.infoOf("BASE", "").Phase)
	require.Equal(t, []string{"daemon/BASE", "daemon/TOP"}, r.world.started(), "who learns of a dependent runs on")
}

// Whether a daemon runs whose workflow does not answer is unknown, which is not that it does not.
func TestSupervisorRefusesAStopUnderADependentThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, row("BASE"), row("TOP", "BASE"))
	r.world.silent = []string{"daemon/TOP"}
	r.signal(spec.SignalClosed, spec.ClosedNotice{IDs: []string{"daemon/TOP"}})
	require.Equal(t, spec.PhaseUnavailable, r.rowOf("TOP").Phase)
	answer := r.tell("daemon/BASE", spec.VerbStop, byAlice)
	r.wait(step)
	requireRefused(t, answer.err, "TOP")
	answer = r.tell("daemon/BASE", spec.VerbStop, spec.Command{Cascade: true})
	r.wait(time.Minute)
	require.NoError(t, answer.err)
	require.Equal(t, []string{"daemon/TOP", "daemon/BASE"}, r.world.ends)
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

// A program may be given hours to end, and its dependencies are still in use as long as it takes.
func TestSupervisorCascadesAsLongAsItsDaemonsMayTake(t *testing.T) {
	t.Parallel()
	rows := diamond()
	for i := range rows {
		rows[i].StopTimeout, rows[i].ReadyTimeout = 10*time.Minute, 10*time.Minute
	}
	r := launchFleet(t, rows...)
	r.world.stopTakes = 8 * time.Minute
	answer := r.tell("daemon/BASE", spec.VerbRestart, spec.Command{Cascade: true})
	r.wait(time.Hour)
	require.NoError(t, answer.err)
	require.Len(t, r.world.runs, 8, "each is restarted once")

	answer = r.tell("daemon/BASE", spec.VerbStop, spec.Command{Cascade: true})
	r.wait(time.Hour)
	require.True(t, answer.complete)
	require.NoError(t, answer.err)
	ends := r.world.ends[4:]
	require.Equal(t, "daemon/TOP", ends[0])
	require.ElementsMatch(t, []string{"daemon/LEFT", "daemon/RIGHT"}, ends[1:3])
	require.Equal(t, "daemon/BASE", ends[3])
}

// What does not end is abandoned first, and then in nobody's way.
func TestSupervisorCascadesOverWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	top := row("TOP", "BASE")
	top.StopTimeout = 10 * time.Minute
	r := launchFleet(t, row("BASE"), top)
	r.world.deaf = true
	answer := r.tell("daemon/BASE", spec.VerbStop, spec.Command{Cascade: true})
	r.wait(10 * time.Minute)
	require.False(t, answer.complete, "TOP may still end")
	r.wait(2 * time.Minute)
	require.NoError(t, answer.err)
	require.Equal(t, spec.PhaseStopped, r.infoOf("TOP", "").Phase)
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

func TestSupervisorCascadesARestartThroughGroups(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil, func(r *rig) { r.world.lively = true })
	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{machine(1), machine(2)}})
	r.up(perNode(row("SPREAD")), perNode(row("WIDE", "SPREAD")), row("TOP", "WIDE"))
	r.wait(time.Minute)
	require.Len(t, r.world.runs, 5)
	answer := r.tell("daemon/SPREAD", spec.VerbRestart, spec.Command{Cascade: true})
	r.wait(30 * time.Second)
	require.True(t, answer.complete)
	require.NoError(t, answer.err)
	require.Equal(t, []spec.Type{"WIDE", "TOP"}, answer.value.(spec.CommandResult).Touched)
	again := r.world.started()[5:]
	require.Len(t, again, 5, "each is restarted once: %v", again)
	require.ElementsMatch(t, []string{"daemon/SPREAD@node-1", "daemon/SPREAD@node-2"}, again[:2])
	require.ElementsMatch(t, []string{"daemon/WIDE@node-1", "daemon/WIDE@node-2"}, again[2:4])
	require.Equal(t, "daemon/TOP", again[4])
	for _, info := range r.status().Daemons {
		require.Equal(t, spec.PhaseRunning, info.Phase, "%s", info.Daemon)
	}
}
