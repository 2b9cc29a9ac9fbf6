package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// A renamed program must not meet its former self, as two databases would on one folder.
func TestNothingNewStartsBeforeWhatIsRemovedHasEnded(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, program("DB", "db"), program("WEB", "web", "DB"))
	r.world.stopTakes = 10 * time.Second
	answer := r.ask(spec.UpdateUp, spec.UpRequest{Installation: "here", Daemons: []spec.Daemon{program("STORE", "db"), program("SHOP", "web", "STORE")}})
	r.wait(15 * time.Second)
	require.Equal(t, []string{"daemon/WEB"}, r.world.ends)
	require.Len(t, r.world.runs, 2, "DB has not ended")
	r.wait(time.Minute)
	require.True(t, answer.complete)
	require.NoError(t, answer.err)
	require.Equal(t, []string{"daemon/STORE", "daemon/SHOP"}, r.world.started()[2:])
}

// What comes back is started as it was left: not before that is known, whatever else happens meanwhile.
func TestNothingStartsBeforeItIsKnownWhatIsLeftOfIt(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, program("DB", "db"))
	r.world.closed["daemon/WEB"] = spec.Carry{Desired: spec.DesiredStop}
	r.world.censusTakes = 10 * time.Second
	answer := r.ask(spec.UpdateUp, spec.UpRequest{Installation: "here", Daemons: []spec.Daemon{program("DB", "db"), program("WEB", "web", "DB")}})
	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{machine(1)}})
	r.wait(time.Minute)
	require.True(t, answer.complete)
	require.NoError(t, answer.err)
	r.requireRuns(1)
	require.Equal(t, spec.DesiredStop, r.infoOf("WEB", "").Desired)
}

// A daemon that nothing depended on when it was started asks before it stops once something does.
func TestStopIsRefusedUnderADependentThatCameLater(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, program("DB", "db"))
	r.up(program("DB", "db"), program("WEB", "web", "DB"))
	r.wait(time.Minute)
	answer := r.tell("daemon/DB", spec.VerbStop, byAlice)
	r.wait(step)
	requireRefused(t, answer.err, "WEB run and depend on it")
	require.Equal(t, spec.PhaseRunning, r.infoOf("DB", "").Phase)
}

// The failures of a program are not those of the one that takes its place.
func TestChangedProgramHasABudgetOfItsOwn(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil)
	r.up(program("DB", "bd"))
	r.world.end(r.world.find("daemon/DB"), nil, failed("boom"))
	r.wait(time.Minute)
	require.Equal(t, spec.PhaseProbing, r.rowOf("DB").Phase)
	r.up(program("DB", "db"))
	r.wait(time.Minute)
	require.Equal(t, 6, r.requireRuns(2).Attempts)
	require.Zero(t, r.infoOf("DB", "").RestartCount)
}

// What has failed is tried again by the row that holds now: the server's own retries know only the old one.
func TestChangedRowHoldsFromTheNextTryOn(t *testing.T) {
	t.Parallel()
	slower := autoSync(func(d *spec.Daemon) { d.ReadyTimeout = time.Hour })
	r := launchRunning(t)
	r.signal(spec.SignalClear, spec.Clearance{Spec: slower})
	r.wait(time.Minute)
	r.requireRuns(1) // what is well runs on
	r.fail(spec.CauseNotReady, "not ready within 30s", 5*time.Minute)
	r.wait(step)
	run := r.requireRuns(2)
	require.Equal(t, time.Hour, run.Spec.ReadyTimeout)
	require.Equal(t, 1, run.Spent)
	r.ready()

	r.fail(spec.CauseNotReady, "not ready within 1h", 5*time.Minute)
	r.signal(spec.SignalClear, spec.Clearance{Spec: slower})
	r.wait(time.Minute)
	require.Equal(t, spec.PhaseRestarting, r.info().Phase, "it is the same row")
	r.signal(spec.SignalClear, spec.Clearance{Spec: autoSync()})
	r.wait(step)
	require.Equal(t, autoSync().ReadyTimeout, r.requireRuns(3).Spec.ReadyTimeout)
}

// What is only shown of a program is taken over as it runs: nobody wants a restart for a new text.
func TestWhatIsOnlyShownOfAProgramRestartsNothing(t *testing.T) {
	t.Parallel()
	described := func(row spec.Daemon, text string) spec.Daemon {
		row.Program.Description = text
		return row
	}
	r := launchSupervisor(t, nil, func(r *rig) { r.world.lively = true })
	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{machine(1)}})
	r.up(program("DB", "db"), perNode(program("AGENT", "agent")))
	r.wait(time.Minute)
	r.requireRuns(2)
	db, agent := described(program("DB", "db"), "the database"), described(perNode(program("AGENT", "agent")), "one a node")
	r.up(db, agent)
	r.wait(time.Minute)
	r.requireRuns(2)
	require.Empty(t, r.world.ends)
	require.Equal(t, db.Program.Digest(), r.infoOf("DB", "").Program)
	require.Equal(t, agent.Program.Digest(), r.infoOf("AGENT", "node-1").Program)
	for _, info := range r.status().Daemons {
		require.True(t, info.Ready, "%s", info.Daemon)
	}
	r.up(described(program("DB", "other"), "the database"), agent)
	r.wait(time.Minute)
	require.Equal(t, []string{"daemon/DB"}, r.world.ends, "that one is another program")
}

// Nor does it cut a wait short.
func TestWhatIsOnlyShownDoesNotHurryTheNextTry(t *testing.T) {
	t.Parallel()
	r := launchRunning(t, func(in *spec.DaemonInput) { in.Spec = program("AUTO_SYNC", "sync") })
	r.fail(spec.CauseError, "boom", 5*time.Minute)
	shown := program("AUTO_SYNC", "sync")
	shown.Program.Description = "syncs"
	r.signal(spec.SignalClear, spec.Clearance{Spec: shown})
	r.wait(time.Minute)
	require.Equal(t, spec.PhaseRestarting, r.info().Phase)
	r.requireRuns(1)
}

func TestGroupPassesAChangedRowOn(t *testing.T) {
	t.Parallel()
	r := launchRunningGroup(t, 2)
	changed := perNode(autoSync(func(d *spec.Daemon) { d.MaxRestarts = 9 }))
	r.signal(spec.SignalClear, spec.Clearance{Spec: changed})
	r.wait(time.Minute)
	r.requireRuns(2)
	r.requireMembers(spec.PhaseRunning, 2)
	r.requirePhase(spec.PhaseRunning)
	for _, node := range []string{"node-1", "node-2"} {
		require.Equal(t, 9, r.infoOf("AUTO_SYNC", node).MaxRestarts, node)
	}
}

func TestGroupFollowsItsNewRoles(t *testing.T) {
	t.Parallel()
	r := launchGroup(t, perNode(autoSync(), spec.RoleTraining), machine(1, spec.RoleTraining), machine(2, spec.RoleSelfplay))
	r.wait(5 * time.Second)
	require.Equal(t, []string{"daemon/AUTO_SYNC@node-1"}, r.world.started())
	r.signal(spec.SignalClear, spec.Clearance{Spec: perNode(autoSync(), spec.RoleSelfplay)})
	r.wait(time.Minute)
	require.Equal(t, []string{"daemon/AUTO_SYNC@node-1", "daemon/AUTO_SYNC@node-2"}, r.world.started())
	require.Equal(t, []string{"daemon/AUTO_SYNC@node-1"}, r.world.ends)
	r.requirePhase(spec.PhaseRunning)
}

// A changed program does not wait for the copy of a node that is away.
func TestChangedProgramOnANodeThatIsAway(t *testing.T) {
	t.Parallel()
	const here, away = "daemon/AUTO_SYNC@node-1", "daemon/AUTO_SYNC@node-2"
	r := launchGroup(t, perNode(program("AUTO_SYNC", "old")), machine(1), machine(2))
	r.wait(5 * time.Second)
	r.requireMembers(spec.PhaseRunning, 2)
	r.world.lively = false
	r.world.end(r.world.find(away), nil, lostWorker)
	r.wait(step)
	r.world.end(r.world.find(away), nil, nobodyPolls)
	r.wait(step)
	require.Equal(t, spec.PhaseUnavailable, r.infoOf("AUTO_SYNC", "node-2").Phase)
	r.world.find(away).hosted = false // it waits in a queue that nobody serves

	r.signal(spec.SignalClear, spec.Clearance{Spec: perNode(program("AUTO_SYNC", "new"))})
	r.world.becomeReady(r.world.find(here))
	r.wait(step)
	require.Equal(t, spec.PhaseStarting, r.infoOf("AUTO_SYNC", "node-2").Phase, "its node may be back")
	r.world.end(r.world.find(away), nil, nobodyPolls)
	r.wait(step)
	require.Equal(t, spec.PhaseUnavailable, r.infoOf("AUTO_SYNC", "node-2").Phase)
	require.True(t, r.requirePhase(spec.PhaseRunning).Ready)
}
