package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

var server testkit.SharedServer

// The server carries the signals of one workflow task out side by side, which no simulation shows.
func TestGroupPassesVerbsOnInOrder(t *testing.T) {
	t.Parallel()
	namespace, client := server.Namespace(t)
	l := &live{t: t, client: client, namespace: namespace, address: server.Address()}
	rows := []spec.Daemon{perNode(row("SPREAD"))}
	l.startNode("node-1", rows)
	l.startSupervisor()
	l.up(rows)
	l.await("daemon/SPREAD@node-1", spec.PhaseRunning)
	for range 8 {
		for _, verb := range []spec.Verb{spec.VerbStop, spec.VerbStart, spec.VerbPause, spec.VerbResume} {
			l.signal("daemon/SPREAD", string(verb), nil)
		}
	}
	require.NoError(t, l.command("daemon/SPREAD", spec.VerbStart, spec.Command{}), "the group has obeyed everything before")
	l.await("daemon/SPREAD@node-1", spec.PhaseRunning)
	l.await("daemon/SPREAD", spec.PhaseRunning)
	require.Empty(t, l.info("daemon/SPREAD@node-1").Refused)

	require.NoError(t, l.command("daemon/SPREAD", spec.VerbPause, spec.Command{}))
	require.NoError(t, l.command("daemon/SPREAD", spec.VerbStop, spec.Command{}))
	l.await("daemon/SPREAD@node-1", spec.PhaseStopped)
}

func TestARemovedNodeIsForgotten(t *testing.T) {
	t.Parallel()
	namespace, client := server.Namespace(t)
	l := &live{t: t, client: client, namespace: namespace, address: server.Address()}
	l.startSupervisor()
	tellRemoved(l)
}

// tellRemoved is a node that goes, is removed, and is taken back.
func tellRemoved(l *live) {
	const member = "daemon/SPREAD@node-2"
	rows := []spec.Daemon{perNode(row("SPREAD"))}
	l.startNode("node-1", rows)
	drain := l.startNode("node-2", rows)
	l.up(rows)
	l.await(member, spec.PhaseRunning)
	drain()
	l.await(member, spec.PhaseUnavailable)
	counted := l.info(member).Transitions

	require.NoError(l.t, l.update(spec.SupervisorID, spec.UpdateNode, spec.NodeOrder{ID: "node-2", Removed: true}, nil))
	require.Eventually(l.t, func() bool {
		described, err := l.client.DescribeWorkflowExecution(context.Background(), member, "")
		return err == nil && described.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	}, patience, 50*time.Millisecond, "its member ends")
	require.Len(l.t, l.info("daemon/SPREAD").Members, 1)
	l.await("daemon/SPREAD", spec.PhaseRunning)

	l.startNode("node-2", rows)
	require.NoError(l.t, l.update(spec.SupervisorID, spec.UpdateNode, spec.NodeOrder{ID: "node-2"}, nil))
	l.await(member, spec.PhaseRunning)
	require.Len(l.t, l.info("daemon/SPREAD").Members, 2)
	require.Equal(l.t, counted, l.info(member).Transitions[:len(counted)], "its record goes on")
}

// A daemon whose scope changes goes on as a workflow of the other kind, and what was wanted of it as well.
func TestAScopeThatChanges(t *testing.T) {
	t.Parallel()
	namespace, client := server.Namespace(t)
	l := &live{t: t, client: client, namespace: namespace, address: server.Address()}
	l.startSupervisor()
	tellScope(l)
}

// tellScope is a daemon that is to run on every node, is stopped there, and is to run once again.
func tellScope(l *live) {
	once, spread := []spec.Daemon{row("BASE"), row("SPREAD", "BASE")}, []spec.Daemon{row("BASE"), perNode(row("SPREAD", "BASE"))}
	l.startNode("node-1", spread)
	l.up(once)
	l.await("daemon/SPREAD", spec.PhaseRunning)
	l.up(spread)
	l.await("daemon/SPREAD@node-1", spec.PhaseRunning)
	l.await("daemon/SPREAD", spec.PhaseRunning)
	require.Equal(l.t, spec.KindGroup, l.info("daemon/SPREAD").Kind)
	require.NoError(l.t, l.command("daemon/SPREAD", spec.VerbStop, spec.Command{Actor: "alice"}))
	l.await("daemon/SPREAD@node-1", spec.PhaseStopped)
	l.up(once)
	require.Eventually(l.t, func() bool {
		described, err := l.client.DescribeWorkflowExecution(context.Background(), "daemon/SPREAD@node-1", "")
		return err == nil && described.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	}, patience, 50*time.Millisecond, "its copy ends")
	require.Eventually(l.t, func() bool {
		described, err := l.client.DescribeWorkflowExecution(context.Background(), "daemon/SPREAD", "")
		return err == nil && described.GetWorkflowExecutionInfo().GetType().GetName() == spec.WorkflowDaemon
	}, patience, 50*time.Millisecond, "it is one again")
	l.await("daemon/SPREAD", spec.PhaseStopped)
	require.Equal(l.t, spec.DesiredStop, l.info("daemon/SPREAD").Desired)
	require.NoError(l.t, l.command("daemon/SPREAD", spec.VerbStart, spec.Command{}))
	l.await("daemon/SPREAD", spec.PhaseRunning)
}
