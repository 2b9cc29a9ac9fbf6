package cli_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
)

// recorded gives a command line a ledger that knows two nodes.
func recorded(t *testing.T, h *harness) *ledger.Ledger {
	t.Helper()
	config := ledger.Config{Path: filepath.Join(t.TempDir(), "ledger.db")}
	l := ledgertest.Open(t, config)
	h.OpenLedger = func(ctx context.Context, _ cli.Config) (*ledger.Ledger, error) { return ledger.Open(ctx, config) }
	cpus, at := 8.0, time.Now()
	capacity, err := json.Marshal(nodes.Capacity{
		CPUs: nodes.Measured[float64]{Value: &cpus, At: at}, GPUs: nodes.Measured[[]nodes.GPU]{At: at, Fault: "run nvidia-smi: exit status 9"},
	})
	require.NoError(t, err)
	session := l.Session("test", 0)
	require.NoError(t, session.NodeSeen(t.Context(), ledger.NodeReport{ID: "node-1", Capacity: capacity, Addresses: map[string]string{"data": "10.0.0.1:8766"}}))
	require.NoError(t, session.NodeSeen(t.Context(), ledger.NodeReport{ID: "node-2", Roles: []string{"storage"}}))
	require.NoError(t, session.SetHealth(t.Context(), "node-1", ledger.NodeHealthy, ""))
	require.NoError(t, session.SetHealth(t.Context(), "node-2", ledger.NodeOffline, "it has left"))
	return l
}

func TestNodeRecords(t *testing.T) {
	t.Parallel()
	h := setup(t)
	recorded(t, h)
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "nodes", "list"), h.err.String())
	require.Regexp(t, `node-1 +active +healthy .* all +8 +unknown +unknown \(run nvidia-smi: exit status 9\)`, h.out.String())
	require.Regexp(t, `node-2 +active +offline .* storage +unknown`, h.out.String())
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "nodes", "show", "node-1"), h.err.String())
	require.Contains(t, h.out.String(), "10.0.0.1:8766")
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "nodes", "show", "node-2", "-o", "json"), h.err.String())
	var record ledger.Node
	require.NoError(t, json.Unmarshal(h.out.Bytes(), &record))
	require.Equal(t, "it has left", record.HealthReason)
	require.Equal(t, cli.ExitUsage, h.run(t.Context(), "nodes", "show", "node-9"))
	require.Contains(t, h.err.String(), "starter nodes list")
}

func TestWhatIsWantedOfANode(t *testing.T) {
	t.Parallel()
	h := raised(t, healthy())
	l := recorded(t, h)
	for verb, want := range map[string]ledger.Desired{
		"cordon": ledger.NodeCordoned, "drain": ledger.NodeDraining, "uncordon": ledger.NodeActive,
	} {
		require.Equal(t, cli.ExitDone, h.run(t.Context(), "nodes", verb, "node-1", "--reason", "new disk"), h.err.String())
		record, err := l.Node(t.Context(), "node-1")
		require.NoError(t, err)
		require.Equal(t, want, record.Desired, verb)
		require.Equal(t, "new disk", record.DesiredReason)
	}
	require.Equal(t, cli.ExitRefused, h.run(t.Context(), "nodes", "remove", "node-1"), "it lives")
	require.Contains(t, h.err.String(), "--force")
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "nodes", "remove", "node-2"), h.err.String())
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "nodes", "remove", "node-1", "--force"), h.err.String())
	record, err := l.Node(t.Context(), "node-1")
	require.NoError(t, err)
	require.Equal(t, ledger.NodeRemoved, record.Desired)
	require.Equal(t, cli.ExitRefused, h.run(t.Context(), "nodes", "cordon", "node-1"), "it is no member")
	require.Contains(t, h.err.String(), "uncordon node-1")
}

// The fleet hears of a removal, and of a return, before it is recorded.
func TestTheFleetForgetsARemovedNode(t *testing.T) {
	t.Parallel()
	h := raised(t, healthy())
	l := recorded(t, h)
	known := func() []string {
		require.Equal(t, cli.ExitDone, h.run(t.Context(), "nodes", "-o", "json"), h.err.String())
		var report struct{ Nodes []spec.Node }
		require.NoError(t, json.Unmarshal(h.out.Bytes(), &report))
		var ids []string
		for _, node := range report.Nodes {
			ids = append(ids, node.ID)
		}
		return ids
	}
	require.Equal(t, []string{"node-1", "node-2"}, known())
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "nodes", "remove", "node-2"), h.err.String())
	require.Equal(t, []string{"node-1"}, known())
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "nodes", "uncordon", "node-2"), h.err.String())
	require.Equal(t, []string{"node-1", "node-2"}, known())

	h.OpenControl = setup(t).OpenControl // a server that is not there
	require.Equal(t, cli.ExitFailed, h.run(t.Context(), "nodes", "remove", "node-2"))
	require.Contains(t, h.err.String(), "does not answer")
	record, err := l.Node(t.Context(), "node-2")
	require.NoError(t, err)
	require.Equal(t, ledger.NodeActive, record.Desired, "what was not done is not recorded")
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "nodes", "cordon", "node-2"), "jobs are the ledger's business alone: %s", h.err.String())
}

// Where no supervisor runs there is nobody to tell.
func TestANodeIsRemovedWhileTheFleetIsNotUp(t *testing.T) {
	t.Parallel()
	h := setup(t)
	l := recorded(t, h)
	h.Config.Namespace, _ = server.Namespace(t)
	h.OpenControl = onServer
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "nodes", "remove", "node-2"), h.err.String())
	record, err := l.Node(t.Context(), "node-2")
	require.NoError(t, err)
	require.Equal(t, ledger.NodeRemoved, record.Desired)
}
