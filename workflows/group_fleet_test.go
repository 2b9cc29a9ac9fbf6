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

// A removed node has no member until it is taken back; what the member counted goes on then.
func TestGroupForgetsARemovedNode(t *testing.T) {
	t.Parallel()
	const member = "daemon/AUTO_SYNC@node-2"
	r := launchRunningGroup(t, 2)
	gone := machine(2)
	gone.Removed = true
	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{gone}})
	r.wait(time.Minute)
	r.requireMembers(spec.PhaseRunning, 1)
	r.requirePhase(spec.PhaseRunning)
	require.Equal(t, []string{member}, r.world.ends)
	last := r.world.published[len(r.world.published)-1]
	require.Equal(t, spec.PhaseStopped, last.To)
	require.Equal(t, "its node was removed", last.Reason)

	r.world.closed[member] = spec.Carry{Desired: spec.DesiredRun, Seq: last.Seq, Phase: last.To}
	r.signal(spec.SignalClosed, spec.ClosedNotice{IDs: []string{member}})
	r.command(spec.VerbRestart, spec.Command{})
	r.wait(time.Minute)
	r.requireMembers(spec.PhaseRunning, 1)
	r.requireRuns(3)

	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{machine(2)}})
	r.wait(time.Minute)
	r.requireMembers(spec.PhaseRunning, 2)
	r.requireRuns(4)
}

// A group that continues as new knows whom it has let go.
func TestGroupKeepsARemovedNodeOutWhenItContinuesAsNew(t *testing.T) {
	t.Parallel()
	r := launchRunningGroup(t, 2)
	gone := machine(2)
	gone.Removed = true
	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{gone}})
	r.wait(time.Minute)
	input := r.continued()
	require.Equal(t, []spec.Node{machine(1), gone}, input.Nodes)
	next := launch(t, r.id, spec.WorkflowGroup, input)
	next.wait(time.Minute)
	require.Len(t, next.info().Members, 1)
}

func TestSupervisorForgetsARemovedNode(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil, func(r *rig) { r.world.lively = true })
	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{machine(1), machine(2)}})
	r.up(perNode(row("SPREAD")))
	r.wait(time.Minute)
	members := func() int { return len(r.infoOf("SPREAD", "").Members) }
	require.Equal(t, 2, members())

	r.orderNode("node-2", true)
	require.Equal(t, []spec.Node{machine(1)}, r.status().Nodes)
	require.Equal(t, 1, members())
	last := r.world.published[len(r.world.published)-1]
	r.world.closed["daemon/SPREAD@node-2"] = spec.Carry{Desired: spec.DesiredRun, Seq: last.Seq, Phase: last.To}

	again := machine(2)
	again.Identity = "node-2-2"
	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{again}})
	r.wait(time.Minute)
	require.Equal(t, []spec.Node{machine(1)}, r.status().Nodes, "its worker's own word does not bring it back")
	require.Equal(t, 1, members())

	r.orderNode("node-2", false)
	require.Equal(t, []spec.Node{machine(1), again}, r.status().Nodes)
	require.Equal(t, 2, members())

	r.orderNode("node-3", true) // before its worker has ever said a word
	r.orderNode("node-3", false)
	require.Len(t, r.status().Nodes, 2, "nobody serves it")
	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{machine(3)}})
	r.wait(time.Minute)
	require.Equal(t, 3, members())
}
