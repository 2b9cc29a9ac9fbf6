package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestGroupGoesDownAndUp(t *testing.T) {
	t.Parallel()
	r := launchRunningGroup(t, 2)
	r.signal(spec.SignalHold, nil)
	r.wait(time.Minute)
	require.True(t, r.requirePhase(spec.PhaseStopped).FleetDown)
	require.Equal(t, spec.DesiredRun, r.info().Desired)
	r.requireMembers(spec.PhaseStopped, 2)
	r.wait(time.Hour)
	r.requireRuns(2)
	r.signal(spec.SignalClear, spec.Clearance{Spec: perNode(autoSync())})
	r.wait(time.Minute)
	r.requirePhase(spec.PhaseRunning)
	r.requireMembers(spec.PhaseRunning, 2)
}

func TestGroupHealsAMember(t *testing.T) {
	t.Parallel()
	r := launchRunningGroup(t, 2)
	r.closeChild("daemon/AUTO_SYNC@node-1")
	r.wait(10 * time.Second)
	r.requireRuns(3)
	r.requireMembers(spec.PhaseRunning, 2)
}

// The group owns the intent: a member that was closed when it changed must not come back with the old one.
func TestGroupHealsAMemberWithItsOwnIntent(t *testing.T) {
	t.Parallel()
	r := launchRunningGroup(t, 2)
	r.closeChild("daemon/AUTO_SYNC@node-1")
	r.command(spec.VerbStop, byAlice)
	r.wait(time.Minute)
	r.requireMembers(spec.PhaseStopped, 2)
	require.Equal(t, spec.DesiredStop, r.infoOf("AUTO_SYNC", "node-1").Desired)
}

func TestGroupUnderTheSupervisor(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil, func(r *rig) { r.world.lively = true })
	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{machine(1)}})
	r.up(row("BASE"), perNode(row("SPREAD", "BASE")), row("TOP", "SPREAD"))
	r.wait(time.Minute)
	require.Equal(t, []string{"daemon/BASE", "daemon/SPREAD@node-1", "daemon/TOP"}, r.world.started())
	require.Equal(t, spec.PhaseRunning, r.rowOf("SPREAD").Phase)

	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{machine(2)}})
	r.wait(time.Minute)
	require.Equal(t, "daemon/SPREAD@node-2", r.world.started()[3])

	answer := r.tell("daemon/SPREAD", spec.VerbStop, spec.Command{})
	r.wait(step)
	require.True(t, answer.complete)
	requireRefused(t, answer.err, "TOP")

	r.down()
	require.Equal(t, "daemon/TOP", r.world.ends[0])
	require.Equal(t, "daemon/BASE", r.world.ends[3])
	r.up(row("BASE"), perNode(row("SPREAD", "BASE")), row("TOP", "SPREAD"))
	r.wait(time.Minute)
	require.Equal(t, spec.PhaseRunning, r.rowOf("TOP").Phase)
	require.Len(t, r.world.runs, 8)
}

func TestSupervisorHearsOfANodesNewRoles(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil, func(r *rig) { r.world.lively = true })
	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{machine(1, spec.RoleSelfplay)}})
	r.up(perNode(row("SPREAD"), spec.RoleTraining))
	r.wait(step)
	require.Equal(t, spec.PhaseUnavailable, r.rowOf("SPREAD").Phase)
	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{machine(1, spec.RoleTraining)}})
	r.wait(time.Minute)
	require.Equal(t, spec.PhaseRunning, r.rowOf("SPREAD").Phase)
}

func TestGroupIsBlockedWhenItStartsWithoutItsDependency(t *testing.T) {
	t.Parallel()
	for _, verb := range []spec.Verb{spec.VerbStop, spec.VerbPause} {
		r := launchRunningGroup(t, 2)
		r.command(verb, spec.Command{})
		r.wait(time.Minute)
		r.signal(spec.SignalHold, nil)
		r.wait(time.Minute)
		r.world.clearance = nil // its dependency is down
		r.signal(spec.SignalClear, spec.Clearance{Spec: perNode(autoSync())})
		r.wait(time.Minute)
		r.command(spec.VerbStop, spec.Command{})
		r.command(spec.VerbStart, spec.Command{})
		r.wait(time.Minute)
		require.Equal(t, spec.PhaseBlocked, r.info().Phase, "%s, then start: %v", verb, arrows(r.info().Transitions))
	}
}
