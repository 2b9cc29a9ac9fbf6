package cli_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// epoch is what the bus of these tests has seen of each daemon, long before which the clock now stands.
var epoch = now.Add(time.Hour).UnixNano()

// fenced lets the bus see a high epoch of two daemons and of one node's copy.
func fenced(t *testing.T, client *bus.Client) {
	t.Helper()
	require.NoError(t, client.Session("EVENT_ROUTER", "", epoch).Claim(t.Context()))
	require.NoError(t, client.Session("DLQ_RETRY", "", epoch).Save(t.Context(), "report", []byte("kept")))
	require.NoError(t, client.Session("CROSS_PROCESS_POLLER", "node-1", epoch).Claim(t.Context()))
}

// refused says whether an attempt of today is too old for the bus.
func refused(t *testing.T, client *bus.Client, daemon spec.Type, node string) bool {
	t.Helper()
	err := client.Session(daemon, node, now.UnixNano()).Claim(t.Context())
	if err != nil {
		require.ErrorIs(t, err, bus.ErrFenced)
	}
	return err != nil
}

func TestFenceReset(t *testing.T) {
	t.Parallel()
	h := raised(t, healthy())
	h.Config.NATSURL = wired(t).Config.NATSURL
	client := bustest.Connect(t, h.Config.NATSURL)
	fenced(t, client)

	h.golden(t, "fence-list", h.run(t.Context(), "fence", "list"))
	h.golden(t, "fence-list-json", h.run(t.Context(), "fence", "list", "dlq_retry", "-o", "json"))
	h.golden(t, "fence-reset-unconfirmed", h.run(t.Context(), "fence", "reset", "dlq_retry"))
	h.golden(t, "fence-reset-running", h.run(t.Context(), "fence", "reset", "--yes"))
	require.True(t, refused(t, client, "DLQ_RETRY", ""), "nothing was reset so far")

	require.Equal(t, cli.ExitDone, h.run(t.Context(), "stop", "dlq_retry", "--wait"), h.err.String())
	h.golden(t, "fence-reset", h.run(t.Context(), "fence", "reset", "dlq_retry", "--yes"))
	require.False(t, refused(t, client, "DLQ_RETRY", ""))
	require.True(t, refused(t, client, "EVENT_ROUTER", ""), "not named")

	h.golden(t, "fence-reset-running-node", h.run(t.Context(), "fence", "reset", "cross_process_poller", "--yes"))
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "fence", "reset", "cross_process_poller@node-1", "--yes", "--force", "-o", "json"), h.err.String())
	var report struct {
		Fences []bus.Fence
		Reset  bool
	}
	require.NoError(t, json.Unmarshal(h.out.Bytes(), &report))
	require.True(t, report.Reset)
	require.Equal(t, []bus.Fence{{Daemon: "CROSS_PROCESS_POLLER", Node: "node-1", Epoch: epoch}}, report.Fences)
	require.False(t, refused(t, client, "CROSS_PROCESS_POLLER", "node-1"))
}

// The ledger refuses older copies as well, and is told with the bus to let them in.
func TestFenceResetReachesTheLedger(t *testing.T) {
	t.Parallel()
	h := raised(t, healthy())
	h.Config.NATSURL = wired(t).Config.NATSURL
	fenced(t, bustest.Connect(t, h.Config.NATSURL))
	l := recorded(t, h)
	claim := func(daemon spec.Type, epoch int64) error {
		return l.Session(spec.WorkflowID(daemon, ""), epoch).Claim(t.Context())
	}
	require.NoError(t, claim("DLQ_RETRY", epoch))
	require.NoError(t, claim("HEALTH_SERVER", epoch))

	h.golden(t, "fence-list-ledger", h.run(t.Context(), "fence", "list"))
	require.Equal(t, cli.ExitRefused, h.run(t.Context(), "fence", "reset", "dlq_retry", "--yes"), "it runs")
	require.Equal(t, cli.ExitRefused, h.run(t.Context(), "fence", "reset", "health_server", "--yes"), "it runs, and only the ledger knows it")
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "stop", "dlq_retry", "--wait"), h.err.String())
	require.ErrorIs(t, claim("DLQ_RETRY", now.UnixNano()), ledger.ErrFenced)
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "fence", "reset", "dlq_retry", "--yes"), h.err.String())
	require.Contains(t, h.out.String(), "2 fences reset")
	require.NoError(t, claim("DLQ_RETRY", now.UnixNano()))
	require.ErrorIs(t, claim("HEALTH_SERVER", now.UnixNano()), ledger.ErrFenced, "not named")
}

// Where EVENT_ROUTER runs the bus and is down, its folder is opened for the reset and closed again.
func TestFenceResetInTheFolderOfARouterThatIsDown(t *testing.T) {
	t.Parallel()
	h := setup(t)
	dir := filepath.Join(h.Config.DataDir, "cluster", "bus")
	before := bustest.Serve(t, dir, "127.0.0.1:-1")
	client := bustest.Connect(t, before.URL())
	bustest.CreateStreams(t, before.URL())
	fenced(t, client)
	require.NoError(t, before.Shutdown(context.Background()))

	require.Equal(t, cli.ExitRefused, h.run(t.Context(), "fence", "reset", "--yes"), "without Temporal nobody knows what runs")
	require.Contains(t, h.err.String(), "--force")
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "fence", "reset", "--yes", "--force"), h.err.String())
	require.Contains(t, h.out.String(), "3 fences reset")

	client = bustest.Connect(t, bustest.Serve(t, dir, "127.0.0.1:-1").URL())
	require.False(t, refused(t, client, "EVENT_ROUTER", ""))
	require.False(t, refused(t, client, "DLQ_RETRY", ""))
	content, _, err := client.Session("DLQ_RETRY", "", 0).Load(t.Context(), "report")
	require.NoError(t, err)
	require.Equal(t, "kept", string(content))
}

// Where nothing was ever up, nothing runs.
func TestFenceResetBeforeTheFirstUp(t *testing.T) {
	t.Parallel()
	h := wired(t)
	name, _ := server.Namespace(t)
	h.Config.Namespace = name
	h.OpenControl = onServer
	fenced(t, bustest.Connect(t, h.Config.NATSURL))
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "fence", "reset", "--yes"), h.err.String())
}
