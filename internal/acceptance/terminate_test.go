//go:build acceptance

package acceptance

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

const healedWithin = 40 * time.Second

// TestTerminate terminates workflows from outside. Nobody helps, and everything is as it was.
func TestTerminate(t *testing.T) {
	t.Parallel()
	h := withHistory(t, testkit.RegistryRows(t), func(fleet *testkit.Fleet) { fleet.StartNode(t, "node-1") })
	group, member := groupOf(t, h)
	child := spec.WorkflowID(h.busy[0], "")
	stopped := spec.WorkflowID(h.idle[0], "")
	everything := []string{spec.SupervisorID}
	for _, row := range h.fleet.Rows {
		everything = append(everything, spec.WorkflowID(row.Type, ""))
	}
	for _, test := range []struct {
		name string
		ids  []string
	}{
		{"a child", []string{child}},
		{"a stopped child", []string{stopped}},
		{"a member", []string{member}},
		{"a group", []string{group}},
		{"a group and its member", []string{group, member}},
		{"the supervisor", []string{spec.SupervisorID}},
		{"the supervisor and a child", []string{spec.SupervisorID, child}},
		{"the supervisor, a group and its member", []string{spec.SupervisorID, group, member}},
		{"the supervisor and all its children", everything},
	} {
		closedBefore := count(t, h.fleet, "ExecutionStatus != 'Running'")
		open := count(t, h.fleet, "ExecutionStatus = 'Running'")
		began := time.Now()
		terminated := map[string]string{}
		for _, id := range test.ids {
			terminated[id] = terminate(t, h.fleet, id)
		}
		h.fleet.Await(t, patience, test.name+": the workflows run again", func(testkit.Entries) []string {
			return notRunningAgain(t, h.fleet, terminated)
		})
		h.fleet.AwaitReady(t, patience, h.idle...)
		h.requireKept(t)
		healed := time.Since(began)
		require.Eventually(t, func() bool { return count(t, h.fleet, "ExecutionStatus = 'Running'") == open }, patience, 100*time.Millisecond,
			"%s: as many open workflows as before", test.name)
		var clutter int64
		require.Eventually(t, func() bool {
			clutter = count(t, h.fleet, "ExecutionStatus != 'Running'") - closedBefore
			return clutter >= int64(len(test.ids))
		}, patience, 100*time.Millisecond, "%s: what was terminated shows as closed", test.name)
		t.Logf("%s: healed after %s; %d terminated, %d more closed workflows in the list", test.name, short(healed), len(test.ids), clutter)
		require.EqualValues(t, len(test.ids), clutter, "%s: closed workflows in the list", test.name)
		require.Empty(t, h.fleet.Entries(t).Doubles(), "%s: daemons that ran twice", test.name)
		require.LessOrEqual(t, healed, healedWithin, "%s: healed", test.name)
	}
}

// groupOf finds a per-node type that runs, and its member on the one node.
func groupOf(t testing.TB, h *history) (group, member string) {
	t.Helper()
	for _, row := range h.fleet.Rows {
		for _, busy := range h.busy {
			if row.Type == busy && row.Scope == spec.ScopeNode {
				return spec.WorkflowID(row.Type, ""), spec.WorkflowID(row.Type, "node-1")
			}
		}
	}
	require.Fail(t, "the registry has no per-node leaf")
	return "", ""
}

// terminate returns the id of the run that it ended.
func terminate(t testing.TB, fleet *testkit.Fleet, id string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	described, err := fleet.Server.Client().DescribeWorkflowExecution(ctx, id, "")
	require.NoError(t, err, "describe %s", id)
	run := described.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	err = fleet.Server.Client().TerminateWorkflow(ctx, id, run, "acceptance test")
	require.NoError(t, err, "terminate %s", id)
	return run
}

// notRunningAgain lists the workflows of which no other run is open. The list of workflows lags; this asks
// each one.
func notRunningAgain(t testing.TB, fleet *testkit.Fleet, terminated map[string]string) []string {
	t.Helper()
	var missing []string
	for id, run := range terminated {
		described, err := fleet.Server.Client().DescribeWorkflowExecution(t.Context(), id, "")
		info := described.GetWorkflowExecutionInfo()
		if err != nil || info.GetExecution().GetRunId() == run || info.GetStatus() != enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
			missing = append(missing, id)
		}
	}
	return missing
}

// count asks the list of workflows, as the Web UI does.
func count(t testing.TB, fleet *testkit.Fleet, query string) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	answer, err := fleet.Server.Client().CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
	require.NoError(t, err, "count workflows where %s", query)
	return answer.GetCount()
}
