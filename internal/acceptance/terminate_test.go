//go:build acceptance

package acceptance

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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
		for _, id := range test.ids {
			terminate(t, h.fleet, id)
		}
		require.Eventually(t, func() bool { return allRunning(t, h.fleet, test.ids) }, patience, 100*time.Millisecond,
			"%s: the workflows run again", test.name)
		h.fleet.AwaitReady(t, patience, h.idle...)
		h.requireKept(t)
		healed := time.Since(began)
		require.Eventually(t, func() bool { return count(t, h.fleet, "ExecutionStatus = 'Running'") == open }, patience, 100*time.Millisecond,
			"%s: as many open workflows as before", test.name)
		clutter := count(t, h.fleet, "ExecutionStatus != 'Running'") - closedBefore
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

func terminate(t testing.TB, fleet *testkit.Fleet, id string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, fleet.Server.Client().TerminateWorkflow(ctx, id, "", "acceptance test"), "terminate %s", id)
}

func allRunning(t testing.TB, fleet *testkit.Fleet, ids []string) bool {
	t.Helper()
	for _, id := range ids {
		if count(t, fleet, fmt.Sprintf("WorkflowId = '%s' AND ExecutionStatus = 'Running'", id)) != 1 {
			return false
		}
	}
	return true
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
