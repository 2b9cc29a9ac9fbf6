package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestSupervisorDownStopsDependentsFirst(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()...)
	r.world.stopTakes = 2 * time.Second
	result := r.down()
	require.Equal(t, "daemon/TOP", r.world.ends[0])
	require.ElementsMatch(t, []string{"daemon/LEFT", "daemon/RIGHT"}, r.world.ends[1:3])
	require.Equal(t, "daemon/BASE", r.world.ends[3])
	require.Equal(t, []spec.DaemonStop{
		{Daemon: "TOP", Outcome: spec.StopClean}, {Daemon: "LEFT", Outcome: spec.StopClean},
		{Daemon: "RIGHT", Outcome: spec.StopClean}, {Daemon: "BASE", Outcome: spec.StopClean},
	}, result.Outcomes)
	require.Equal(t, spec.FleetDown, r.status().Fleet)
	for _, info := range r.status().Daemons {
		require.Equal(t, spec.PhaseStopped, info.Phase, "%s", info.Daemon)
		own := r.infoOf(info.Daemon, "")
		require.Equal(t, spec.PhaseStopped, own.Phase, "%s", info.Daemon)
		require.True(t, own.FleetDown)
		require.Equal(t, spec.DesiredRun, own.Desired, "down does not touch what is wanted")
	}
	r.wait(time.Hour)
	require.Len(t, r.world.runs, 4)

	for _, stop := range r.down().Outcomes {
		require.Equal(t, spec.StopIdle, stop.Outcome, "%s at the second down", stop.Daemon)
	}
	r.up(diamond()...)
	r.wait(time.Minute)
	require.Equal(t, "daemon/BASE", r.world.started()[4])
	require.Equal(t, "daemon/TOP", r.world.started()[7])
	require.Equal(t, spec.PhaseRunning, r.rowOf("TOP").Phase)
}

func TestSupervisorDownReachesEveryPhase(t *testing.T) {
	t.Parallel()
	rows := []spec.Daemon{row("RUNS"), row("STARTS"), row("PROBES"), row("FAILED"), row("PAUSED"), row("STOPPED"), row("BLOCKED", "FAILED"), row("LATE", "STARTS")}
	r := launchSupervisor(t, nil)
	r.up(rows...)
	for _, daemon := range []spec.Type{"RUNS", "PROBES", "FAILED", "PAUSED", "STOPPED"} {
		r.readyChild(daemon)
	}
	r.world.end(r.world.find("daemon/PROBES"), nil, failed("boom"))
	r.world.end(r.world.find("daemon/FAILED"), nil, configError("no bucket"))
	r.tell("daemon/PAUSED", spec.VerbPause, spec.Command{})
	r.tell("daemon/STOPPED", spec.VerbStop, spec.Command{})
	r.wait(5 * time.Second)
	r.world.answers = func(sent) bool { return true }
	outcomes := map[spec.Type]spec.StopOutcome{}
	for _, stop := range r.down().Outcomes {
		outcomes[stop.Daemon] = stop.Outcome
	}
	require.NotContains(t, outcomes, spec.StopAbandoned)
	require.Equal(t, spec.StopClean, outcomes["RUNS"])
	require.Equal(t, spec.StopClean, outcomes["STARTS"])
	require.Equal(t, spec.StopIdle, outcomes["STOPPED"])
	for _, info := range r.status().Daemons {
		require.Equal(t, spec.PhaseStopped, info.Phase, "%s as the supervisor knows it", info.Daemon)
		require.Empty(t, info.BlockedOn, "%s", info.Daemon)
		require.Equal(t, spec.PhaseStopped, r.infoOf(info.Daemon, "").Phase, "%s as it says itself", info.Daemon)
	}

	r.up(rows...)
	r.wait(step)
	for daemon, phase := range map[spec.Type]spec.Phase{
		"RUNS": spec.PhaseStarting, "STARTS": spec.PhaseStarting, "FAILED": spec.PhaseFailed, "PAUSED": spec.PhasePaused, "STOPPED": spec.PhaseStopped,
	} {
		require.Equal(t, phase, r.infoOf(daemon, "").Phase, "%s after up", daemon)
	}
}

func TestSupervisorDownRightAfterUp(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil)
	r.ask(spec.UpdateUp, spec.UpRequest{Installation: "here", Daemons: diamond()})
	answer := r.ask(spec.UpdateDown, spec.Command{})
	r.wait(time.Minute)
	require.True(t, answer.complete)
	for _, info := range r.status().Daemons {
		require.Equal(t, spec.PhaseStopped, info.Phase, "%s", info.Daemon)
	}
	require.Nil(t, r.world.find("daemon/BASE"), "nothing runs")
}

func TestSupervisorUpRightAfterDown(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()...)
	r.world.stopTakes = 2 * time.Second
	down := r.ask(spec.UpdateDown, spec.Command{})
	up := r.ask(spec.UpdateUp, spec.UpRequest{Installation: "here", Daemons: diamond()})
	r.wait(5 * time.Minute)
	require.True(t, down.complete && up.complete)
	for _, info := range r.status().Daemons {
		require.Equal(t, spec.PhaseRunning, info.Phase, "%s", info.Daemon)
		require.Equal(t, spec.PhaseRunning, r.infoOf(info.Daemon, "").Phase, "%s as it says itself", info.Daemon)
	}
}

// The host is done a moment before the result of the daemon's own activity reaches its workflow.
func TestSupervisorDownWaitsForTheDaemonsThemselves(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, row("BASE"))
	base := r.world.find("daemon/BASE")
	r.world.slowResults = 3 * time.Second
	down := r.ask(spec.UpdateDown, spec.Command{})
	r.wait(time.Second)
	up := r.ask(spec.UpdateUp, spec.UpRequest{Installation: "here", Daemons: []spec.Daemon{row("BASE")}})
	r.wait(time.Minute)
	require.True(t, down.complete && up.complete)
	require.True(t, base.ended)
	require.Equal(t, spec.PhaseRunning, r.infoOf("BASE", "").Phase)
	require.Equal(t, spec.PhaseRunning, r.rowOf("BASE").Phase)
}

func TestSupervisorDownReportsWhoWasAbandoned(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()...)
	r.world.gone, r.world.deaf = true, true
	result := r.ask(spec.UpdateDown, spec.Command{})
	r.wait(10 * time.Minute)
	require.True(t, result.complete)
	require.Len(t, result.value.(spec.DownResult).Outcomes, 4, "every daemon has a line")
	for _, info := range r.status().Daemons {
		require.Equal(t, spec.PhaseStopped, info.Phase, "%s", info.Daemon)
	}
}

// A program may be given longer to end than any other daemon: what it depends on must not be stopped before.
func TestDownWaitsForTheLongestStop(t *testing.T) {
	t.Parallel()
	slow := func(daemon spec.Daemon) spec.Daemon {
		daemon.StopTimeout = 20 * time.Minute
		return daemon
	}
	r := launchFleet(t, program("DB", "db"), slow(program("BATCH", "batch", "DB")), slow(program("REPORT", "report", "BATCH")))
	r.down()
	require.Len(t, r.world.stopLimits, 1)
	require.Greater(t, r.world.stopLimits[0], 40*time.Minute)
}
