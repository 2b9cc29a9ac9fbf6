package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func machine(number int, roles ...spec.Role) spec.Node {
	id := fmt.Sprintf("node-%d", number)
	return spec.Node{ID: id, Roles: roles, Identity: id + "-1"}
}

// launchGroup starts the group of a per-node type, cleared by a parent outside the rig.
func launchGroup(t *testing.T, daemon spec.Daemon, nodes ...spec.Node) *rig {
	t.Helper()
	input := spec.DaemonInput{Spec: daemon, Parent: spec.SupervisorID, Cleared: true, Nodes: nodes}
	return launch(t, spec.WorkflowID(daemon.Type, ""), spec.WorkflowGroup, input, func(r *rig) {
		r.world.lively = true
		r.world.clearance = &spec.Clearance{Spec: daemon}
	})
}

func launchRunningGroup(t *testing.T, nodes int) *rig {
	t.Helper()
	var all []spec.Node
	for i := range nodes {
		all = append(all, machine(i+1))
	}
	r := launchGroup(t, perNode(autoSync()), all...)
	r.wait(5 * time.Second)
	r.requirePhase(spec.PhaseRunning)
	return r
}

// requireMembers compares what the group and the members themselves say.
func (r *rig) requireMembers(phase spec.Phase, count int) {
	r.t.Helper()
	members := r.info().Members
	require.Len(r.t, members, count)
	for _, member := range members {
		require.Equal(r.t, phase, member.Phase, "%s as the group knows it", member.Node)
		require.Equal(r.t, phase, r.infoOf(member.Daemon, member.Node).Phase, "%s as it says itself", member.Node)
	}
}

func TestGroupHasAMemberOnEveryNode(t *testing.T) {
	t.Parallel()
	r := launchRunningGroup(t, 3)
	r.requireMembers(spec.PhaseRunning, 3)
	info := r.info()
	require.Equal(t, spec.KindGroup, info.Kind)
	require.True(t, info.Ready)
	require.Equal(t, "node/node-2", r.world.find("daemon/AUTO_SYNC@node-2").queue)
	require.Equal(t, spec.KindMember, r.infoOf("AUTO_SYNC", "node-2").Kind)
	require.Contains(t, r.sentNames(), spec.SignalReady, "its parent hears of it as of a daemon")
}

func TestGroupKeepsToTheRoles(t *testing.T) {
	t.Parallel()
	r := launchGroup(t, perNode(autoSync(), spec.RoleTraining),
		machine(1, spec.RoleSelfplay), machine(2, spec.RoleTraining, spec.RoleStorage), machine(3))
	r.wait(5 * time.Second)
	r.requireMembers(spec.PhaseRunning, 2)
	require.ElementsMatch(t, []string{"daemon/AUTO_SYNC@node-2", "daemon/AUTO_SYNC@node-3"}, r.world.started())
}

func TestGroupWithoutNodes(t *testing.T) {
	t.Parallel()
	r := launchGroup(t, perNode(autoSync()))
	r.requirePhase(spec.PhaseUnavailable)
	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{machine(1)}})
	r.wait(5 * time.Second)
	r.requirePhase(spec.PhaseRunning)
}

func TestGroupKeepsTheNodesThatJoinedWhenItContinuesAsNew(t *testing.T) {
	t.Parallel()
	r := launchGroup(t, perNode(autoSync()), machine(1))
	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{machine(2), machine(3)}})
	r.wait(5 * time.Second)
	r.requireMembers(spec.PhaseRunning, 3)
	require.Equal(t, []spec.Node{machine(1), machine(2), machine(3)}, r.continued().Nodes)
}

func TestGroupHearsFromAMemberThatRanBeforeItsClearance(t *testing.T) {
	t.Parallel()
	r := launchRunningGroup(t, 1)
	r.signal(spec.SignalAsk, spec.Ask{ID: "daemon/AUTO_SYNC@node-1"}) // late: it runs by now
	r.wait(5 * time.Second)
	r.requireMembers(spec.PhaseRunning, 1)
	r.requirePhase(spec.PhaseRunning)
	r.requireRuns(1)
}

func TestGroupIsBlockedAsAWhole(t *testing.T) {
	t.Parallel()
	daemon := perNode(autoSync())
	input := spec.DaemonInput{Spec: daemon, Parent: spec.SupervisorID, BlockedOn: []spec.Type{"EVENT_ROUTER"}, Nodes: []spec.Node{machine(1), machine(2)}}
	r := launch(t, "daemon/AUTO_SYNC", spec.WorkflowGroup, input)
	require.Equal(t, []spec.Type{"EVENT_ROUTER"}, r.requirePhase(spec.PhaseBlocked).BlockedOn)
	require.Empty(t, r.world.runs)
	r.signal(spec.SignalClear, spec.Clearance{Spec: daemon})
	r.requireRuns(2)
	require.Empty(t, r.info().BlockedOn)
}

func TestGroupPassesVerbsOn(t *testing.T) {
	t.Parallel()
	r := launchRunningGroup(t, 2)
	r.command(spec.VerbStop, byAlice)
	r.wait(time.Minute)
	info := r.requirePhase(spec.PhaseStopped)
	require.Equal(t, spec.DesiredStop, info.Desired)
	require.Equal(t, "alice", info.Actor)
	require.Equal(t, "disk swap", info.Reason)
	r.requireMembers(spec.PhaseStopped, 2)
	require.Equal(t, "alice", r.infoOf("AUTO_SYNC", "node-1").Actor)
	r.wait(time.Hour)
	r.requireRuns(2)

	r.command(spec.VerbStart, spec.Command{})
	r.wait(time.Minute)
	r.requirePhase(spec.PhaseRunning)
	r.requireMembers(spec.PhaseRunning, 2)

	r.command(spec.VerbPause, spec.Command{Reason: "disk full", For: "1h"})
	require.Contains(t, r.requirePhase(spec.PhasePaused).Pauses, "disk full")
	r.requireMembers(spec.PhasePaused, 2)
	r.wait(2 * time.Hour)
	require.Empty(t, r.requirePhase(spec.PhaseRunning).Pauses)
	r.requireMembers(spec.PhaseRunning, 2)

	r.command(spec.VerbRestart, spec.Command{})
	r.wait(time.Minute)
	r.requireRuns(8)
	r.requireMembers(spec.PhaseRunning, 2)
}

func TestGroupRefuses(t *testing.T) {
	t.Parallel()
	r := launchRunningGroup(t, 1)
	_, err := r.update(spec.VerbResume, byAlice)
	requireRefused(t, err, "not paused")
	r.command(spec.VerbPause, spec.Command{Reason: "disk full"})
	_, err = r.update(spec.VerbResume, spec.Command{Reason: "lunch"})
	requireRefused(t, err, `no pause has the reason "lunch"`)
	r.signal("explode", nil)
	require.Contains(t, r.requirePhase(spec.PhasePaused).Refused, "no such signal")
	require.Equal(t, spec.Verb("explode"), r.lastChange().Refused)
}

func TestGroupLateNodeGetsTheIntent(t *testing.T) {
	t.Parallel()
	for verb, phase := range map[spec.Verb]spec.Phase{
		spec.VerbStop: spec.PhaseStopped, spec.VerbPause: spec.PhasePaused, spec.VerbStart: spec.PhaseRunning,
	} {
		t.Run(string(verb), func(t *testing.T) {
			t.Parallel()
			r := launchRunningGroup(t, 1)
			r.command(verb, spec.Command{})
			r.wait(time.Minute)
			r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{machine(2)}})
			r.wait(time.Minute)
			r.requirePhase(phase)
			require.Equal(t, phase, r.info().Members[1].Phase)
			require.Equal(t, phase == spec.PhaseRunning, r.world.find("daemon/AUTO_SYNC@node-2") != nil, "it runs on the new node")
			r.command(spec.VerbRestart, spec.Command{})
			r.wait(time.Minute)
			r.requireMembers(spec.PhaseRunning, 2)
		})
	}
}

func TestGroupShowsTheWorstOfItsMembers(t *testing.T) {
	t.Parallel()
	r := launchRunningGroup(t, 3)
	r.world.end(r.world.find("daemon/AUTO_SYNC@node-1"), nil, failed("boom"))
	r.wait(step)
	require.Equal(t, "boom", r.requirePhase(spec.PhaseProbing).Reason)
	r.world.end(r.world.find("daemon/AUTO_SYNC@node-2"), nil, configError("no bucket"))
	r.wait(step)
	require.Equal(t, "no bucket", r.requirePhase(spec.PhaseFailed).Reason)
	require.NoError(t, r.env.SignalWorkflowByID("daemon/AUTO_SYNC@node-2", string(spec.VerbRestart), spec.Command{}))
	r.wait(5 * time.Second)
	r.requirePhase(spec.PhaseProbing)
	r.wait(31 * time.Minute)
	r.requirePhase(spec.PhaseRunning)
	r.requireMembers(spec.PhaseRunning, 3)
}

func TestGroupRunsWithoutTheNodesThatAreGone(t *testing.T) {
	t.Parallel()
	r := launchRunningGroup(t, 2)
	r.world.lively = false
	run := r.world.find("daemon/AUTO_SYNC@node-2")
	r.world.end(run, nil, lostWorker)
	r.wait(step)
	r.world.end(r.world.find("daemon/AUTO_SYNC@node-2"), nil, nobodyPolls)
	r.wait(step)
	require.Equal(t, spec.PhaseUnavailable, r.infoOf("AUTO_SYNC", "node-2").Phase)
	require.True(t, r.requirePhase(spec.PhaseRunning).Ready)
}

func TestAMemberDoesNotCascade(t *testing.T) {
	t.Parallel()
	r := launchRunningGroup(t, 1)
	for _, verb := range []spec.Verb{spec.VerbStart, spec.VerbStop, spec.VerbRestart} {
		answer := r.tell("daemon/AUTO_SYNC@node-1", spec.VerbStop, spec.Command{})
		r.wait(5 * time.Second)
		require.NoError(t, answer.err)
		answer = r.tell("daemon/AUTO_SYNC@node-1", verb, spec.Command{Cascade: true})
		r.wait(step)
		require.True(t, answer.complete, "%s was not answered", verb)
		requireRefused(t, answer.err, "leave out @node-1")
		require.Empty(t, r.info().Refused, "the group was not asked")
	}
}
