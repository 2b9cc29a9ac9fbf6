package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestSupervisorStartsInDependencyOrder(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil)
	r.up(diamond()...)
	require.Equal(t, []string{"daemon/BASE"}, r.world.started())
	require.Equal(t, spec.PhaseStarting, r.rowOf("BASE").Phase)
	require.Equal(t, []spec.Type{"LEFT", "RIGHT"}, r.rowOf("TOP").BlockedOn)
	require.Equal(t, spec.PhaseBlocked, r.rowOf("TOP").Phase)

	r.readyChild("BASE")
	require.ElementsMatch(t, []string{"daemon/BASE", "daemon/LEFT", "daemon/RIGHT"}, r.world.started(), "both sides start at once")
	require.True(t, r.rowOf("BASE").Ready)
	r.readyChild("LEFT")
	require.Equal(t, []spec.Type{"RIGHT"}, r.rowOf("TOP").BlockedOn)
	require.Len(t, r.world.runs, 3)
	r.readyChild("RIGHT")
	r.readyChild("TOP")
	for _, info := range r.status().Daemons {
		require.Equal(t, spec.PhaseRunning, info.Phase, "%s", info.Daemon)
		require.Equal(t, workerName, info.Worker)
	}
}

func TestSupervisorRevealsWhatIsBlocked(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil)
	r.up(diamond()...)
	require.False(t, r.exists("TOP"), "at a normal start it needs no workflow before its turn")
	r.wait(3 * time.Second)
	require.True(t, r.exists("TOP"))
	info := r.infoOf("TOP", "")
	require.Equal(t, spec.PhaseBlocked, info.Phase)
	require.Equal(t, []spec.Type{"LEFT", "RIGHT"}, info.BlockedOn)

	r.readyChild("BASE")
	r.readyChild("LEFT")
	require.Equal(t, []spec.Type{"RIGHT"}, r.infoOf("TOP", "").BlockedOn)
	r.readyChild("RIGHT")
	r.readyChild("TOP")
	require.Equal(t, spec.PhaseRunning, r.infoOf("TOP", "").Phase)
	require.Len(t, r.world.runs, 4)
}

func TestSupervisorDependencyThatFailsBlocksOnlyItsDependents(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil)
	r.up(diamond()...)
	r.readyChild("BASE")
	r.readyChild("LEFT")
	r.world.end(r.world.find("daemon/RIGHT"), nil, configError("no bucket"))
	r.wait(time.Hour)
	require.Equal(t, spec.PhaseFailed, r.rowOf("RIGHT").Phase)
	require.Equal(t, "no bucket", r.rowOf("RIGHT").Reason)
	require.Equal(t, spec.PhaseRunning, r.rowOf("LEFT").Phase)
	require.Equal(t, spec.PhaseBlocked, r.rowOf("TOP").Phase)
	require.Equal(t, []spec.Type{"RIGHT"}, r.infoOf("TOP", "").BlockedOn)

	r.tell("daemon/RIGHT", spec.VerbRestart, spec.Command{})
	r.wait(step)
	r.readyChild("RIGHT")
	r.readyChild("TOP")
	require.Equal(t, spec.PhaseRunning, r.rowOf("TOP").Phase)
}

func TestSupervisorDependencyLostLaterLeavesDependentsRunning(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()...)
	r.world.lively = false
	r.world.end(r.world.find("daemon/BASE"), nil, configError("no bucket"))
	r.wait(time.Hour)
	require.Equal(t, spec.PhaseFailed, r.rowOf("BASE").Phase)
	require.Equal(t, spec.PhaseRunning, r.infoOf("LEFT", "").Phase)
	require.Len(t, r.world.runs, 4)
}

func TestSupervisorCompletedDaemonSatisfiesItsDependents(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil)
	r.up(diamond()...)
	r.world.end(r.world.find("daemon/BASE"), spec.RunResult{Outcome: spec.OutcomeCompleted}, nil)
	r.wait(step)
	require.True(t, r.rowOf("BASE").Ready)
	require.Len(t, r.world.runs, 3)
}

func TestSupervisorUpTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()...)
	before, published := r.status(), len(r.world.published)
	r.up(diamond()...)
	r.wait(time.Minute)
	require.Equal(t, before, r.status())
	require.Len(t, r.world.runs, 4)
	require.Len(t, r.world.published, published)
	require.Empty(t, r.world.stops)
}

func TestSupervisorUpWithFewerStopsTheRest(t *testing.T) {
	t.Parallel()
	rows := append(diamond(), row("LAST", "TOP"))
	r := launchFleet(t, rows...)
	r.world.stopTakes = 2 * time.Second
	answer := r.ask(spec.UpdateUp, spec.UpRequest{Installation: "here", Daemons: rows[:2]})
	r.wait(time.Minute)
	require.True(t, answer.complete)
	require.NoError(t, answer.err)
	require.Equal(t, []string{"daemon/LAST", "daemon/TOP", "daemon/RIGHT"}, r.world.ends, "dependents first")
	for daemon, phase := range map[spec.Type]spec.Phase{
		"BASE": spec.PhaseRunning, "LEFT": spec.PhaseRunning, "RIGHT": spec.PhaseStopped, "TOP": spec.PhaseStopped, "LAST": spec.PhaseStopped,
	} {
		require.Equal(t, phase, r.infoOf(daemon, "").Phase, "%s", daemon)
	}
	var part []spec.Type
	for _, row := range r.status().Daemons {
		part = append(part, row.Daemon)
	}
	require.Equal(t, []spec.Type{"BASE", "LEFT"}, part, "what has stopped is no part of the fleet, and nobody waits until it is ready")
	r.wait(time.Hour)
	require.Len(t, r.world.runs, 5)

	r.up(rows...)
	r.wait(time.Minute)
	require.Equal(t, spec.PhaseRunning, r.rowOf("LAST").Phase)
	require.Equal(t, []string{"daemon/RIGHT", "daemon/TOP", "daemon/LAST"}, r.world.started()[5:])
}

func TestSupervisorUpWithMoreStartsTheRest(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()[:2]...)
	r.up(diamond()...)
	r.wait(time.Minute)
	require.Equal(t, []string{"daemon/BASE", "daemon/LEFT", "daemon/RIGHT", "daemon/TOP"}, r.world.started())
}

func TestSupervisorUpChangesARow(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()...)
	changed := diamond()
	changed[1].MaxRestarts = 2
	r.up(changed...)
	r.wait(time.Minute)
	require.Len(t, r.world.runs, 4, "nothing is restarted for it")
	require.Equal(t, 2, r.infoOf("LEFT", "").MaxRestarts)
	r.tell("daemon/LEFT", spec.VerbRestart, spec.Command{})
	r.wait(step)
	require.Equal(t, 3, r.world.find("daemon/LEFT").Attempts)
}

func TestSupervisorRefusesAForeignInstallation(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()...)
	answer := r.ask(spec.UpdateUp, spec.UpRequest{Installation: "elsewhere"})
	r.wait(step)
	require.True(t, answer.complete)
	requireRefused(t, answer.err, "belongs to installation here, not to elsewhere")
	require.Len(t, r.status().Daemons, 4)
	require.Equal(t, spec.PhaseRunning, r.rowOf("TOP").Phase)
}
