package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestSupervisorHealsAClosedChild(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()...)
	left := r.world.find("daemon/LEFT")
	left.hosted = false
	r.world.report(left, spec.Report{Kind: spec.ReportFailed, Cause: spec.CauseError, Error: "boom", NextTryAt: r.env.Now()})
	r.wait(step)
	left.hosted, left.epoch = true, r.env.Now().UnixNano()
	r.world.becomeReady(left)
	r.wait(step)
	r.closeChild("daemon/LEFT")
	r.wait(5 * time.Second)

	require.Equal(t, "daemon/LEFT", r.world.started()[4])
	info := r.infoOf("LEFT", "")
	require.Equal(t, spec.PhaseRunning, info.Phase)
	require.Equal(t, 1, info.RestartCount, "its counters are taken over")
	require.Equal(t, "boom", info.LastError)
	require.Equal(t, 5, r.world.find("daemon/LEFT").Attempts)
	require.Equal(t, spec.PhaseRunning, r.rowOf("LEFT").Phase)
	require.Contains(t, r.world.stops, spec.StopDaemonInput{ID: "daemon/LEFT", Reason: spec.StopForEviction}, "a copy of it may still run")
	require.Len(t, r.world.runs, 5, "nobody else is touched")
}

func TestSupervisorHealsWithTheIntent(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()...)
	r.tell("daemon/TOP", spec.VerbStop, byAlice)
	r.wait(step)
	r.closeChild("daemon/TOP")
	r.wait(time.Hour)
	info := r.infoOf("TOP", "")
	require.Equal(t, spec.PhaseStopped, info.Phase)
	require.Equal(t, spec.DesiredStop, info.Desired)
	require.Len(t, r.world.runs, 4)
}

func TestSupervisorHealsWhatTheGuardNames(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil, func(r *rig) {
		r.world.running = []spec.Row{{ID: "daemon/BASE", Phase: spec.PhaseRunning, Epoch: 7, Worker: "node-9-1", Existing: true}}
	})
	r.up(row("BASE"))
	require.Empty(t, r.world.runs, "it is adopted, so nobody tells the supervisor of its end")
	r.world.running, r.world.closed["daemon/BASE"] = nil, spec.Carry{Spent: 3}
	r.signal(spec.SignalClosed, spec.ClosedNotice{IDs: []string{"daemon/BASE", "daemon/STRANGER"}})
	require.Equal(t, 3, r.requireRuns(1).Attempts)
}

func TestSupervisorDoesNotHurryWhenTheCensusDisagrees(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, row("BASE"))
	r.signal(spec.SignalClosed, spec.ClosedNotice{IDs: []string{"daemon/BASE"}}) // the census does not know it, and it runs
	before := r.world.censuses
	r.wait(10 * time.Second)
	require.Less(t, r.world.censuses-before, 20, "censuses in ten seconds")
	r.world.running = []spec.Row{{ID: "daemon/BASE", Phase: spec.PhaseRunning, Epoch: 7, Worker: workerName, Existing: true}}
	r.wait(10 * time.Second)
	require.Equal(t, spec.PhaseRunning, r.rowOf("BASE").Phase)
}

func TestSupervisorDoesNotHealWhileTheFleetIsDown(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, row("BASE"))
	r.down()
	r.closeChild("daemon/BASE")
	r.wait(time.Hour)
	require.Len(t, r.world.runs, 1)
	r.up(row("BASE"))
	r.wait(time.Minute)
	require.Equal(t, spec.PhaseRunning, r.infoOf("BASE", "").Phase)
}

func TestSupervisorHealsAChildWhoseDependencyIsDown(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, diamond()...)
	r.world.lively = false
	r.world.end(r.world.find("daemon/BASE"), nil, configError("no bucket"))
	r.wait(step)
	r.closeChild("daemon/LEFT")
	r.wait(time.Minute)
	info := r.infoOf("LEFT", "")
	require.Equal(t, spec.PhaseBlocked, info.Phase, "operators can see it and signal it")
	require.Equal(t, []spec.Type{"BASE"}, info.BlockedOn)
}

func TestSupervisorAdoptsWhatRuns(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil, func(r *rig) {
		r.world.lively = true
		r.world.running = []spec.Row{{ID: "daemon/BASE", Phase: spec.PhaseRunning, Epoch: 7, Worker: "node-9-1", Existing: true}}
		r.world.closed["daemon/LEFT"] = spec.Carry{Desired: spec.DesiredStop, Spent: 3}
	})
	r.up(diamond()...)
	r.wait(time.Minute)
	base := r.rowOf("BASE")
	require.Equal(t, spec.PhaseRunning, base.Phase)
	require.Equal(t, "node-9-1", base.Worker)
	require.Equal(t, []string{"daemon/RIGHT"}, r.world.started(), "BASE runs already, LEFT is not wanted, TOP needs both")
	require.Equal(t, spec.DesiredStop, r.infoOf("LEFT", "").Desired)
}

func TestSupervisorTakesAChildThatSomebodyElseStarted(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, row("BASE"))
	before := r.world.censuses
	r.world.running = []spec.Row{{ID: "daemon/BASE", Phase: spec.PhaseRunning, Epoch: r.rowOf("BASE").Epoch, Worker: workerName, Existing: true}}
	r.signal(spec.SignalClosed, spec.ClosedNotice{IDs: []string{"daemon/BASE"}})
	r.wait(time.Minute)
	require.Greater(t, r.world.censuses, before)
	require.Equal(t, spec.PhaseRunning, r.rowOf("BASE").Phase)
	require.Len(t, r.world.runs, 1)
}

// A census takes its time, and an `up` may let a child go meanwhile.
func TestSupervisorLetsAChildGoDuringItsCensus(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, program("DB", "db"), program("MAIL", "mail"))
	r.world.censusTakes = time.Minute
	r.closeChild("daemon/DB")
	r.wait(10 * time.Second)
	r.up(program("MAIL", "mail"))
	r.wait(5 * time.Minute)
	require.Len(t, r.status().Daemons, 1)
	require.Equal(t, spec.PhaseRunning, r.rowOf("MAIL").Phase)
}

// A child may report that it is ready while the census asks its workflow, which has not heard of it yet.
func TestSupervisorHearsOfReadinessDuringItsCensus(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil)
	r.world.censusTakes = 10 * time.Second
	r.world.running = []spec.Row{{ID: "daemon/BASE", Phase: spec.PhaseStarting, Since: r.env.Now(), Existing: true}}
	answer := r.ask(spec.UpdateUp, spec.UpRequest{Installation: "here", Daemons: []spec.Daemon{row("BASE"), row("TOP", "BASE")}})
	r.wait(step)
	ready := spec.ReadyNotice{ID: "daemon/BASE", Epoch: r.env.Now().UnixNano(), Worker: workerName}
	r.signal(spec.SignalReady, spec.ReadyList{Ready: []spec.ReadyNotice{ready}})
	require.False(t, answer.complete, "the census is under way")
	r.wait(time.Minute)
	require.NoError(t, answer.err)
	require.Equal(t, spec.PhaseRunning, r.rowOf("BASE").Phase)
	require.Equal(t, []string{"daemon/TOP"}, r.world.started())
}
