package cli_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/control/controltest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web"
)

// remoteNode is the HTTP server of a node's worker, which can be replaced, and what it answers from.
type remoteNode struct {
	spec.Node
	dir    string // of its logs
	hosted atomic.Pointer[func() []spec.Info]
	stop   func()
	token  string
}

func newRemoteNode(t *testing.T, id, token string) *remoteNode {
	t.Helper()
	w := &remoteNode{dir: filepath.Join(t.TempDir(), "logs"), token: token}
	w.ID, w.Identity, w.HTTP = id, "worker-of-"+id, "127.0.0.1:0"
	w.start(t)
	t.Cleanup(func() { w.stop() })
	return w
}

// start binds the address that it had before, if any.
func (w *remoteNode) start(t *testing.T) {
	t.Helper()
	server, err := web.New(web.Config{Addr: w.HTTP, Node: w.ID, LogDir: w.dir, JobDir: filepath.Join(w.dir, "..", "jobs"), Token: w.token},
		web.Sources{Local: w, Metrics: prometheus.NewRegistry()}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, server.Listen())
	w.HTTP = server.Address()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	w.stop = func() {
		cancel()
		require.NoError(t, <-ended)
		w.stop = func() {}
	}
}

func (w *remoteNode) Snapshot() []spec.Info { return nil }

func (w *remoteNode) Measured() []spec.Info {
	if hosted := w.hosted.Load(); hosted != nil {
		return (*hosted)()
	}
	return nil
}

func (w *remoteNode) Worker() web.Worker { return web.Worker{Identity: w.Identity} }

func (w *remoteNode) writeLog(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(w.dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

// remote is a fleet on two other machines: EVENT_ROUTER runs on node-2, DLQ_RETRY nowhere, and there is a copy of
// CROSS_PROCESS_POLLER on each.
func remote(t *testing.T) (h *harness, two, three *remoteNode) {
	t.Helper()
	two, three = newRemoteNode(t, "node-2", "0123456789abcdef"), newRemoteNode(t, "node-3", "0123456789abcdef")
	fleet := healthy()
	fleet.Nodes = []spec.Node{two.Node, three.Node}
	router, retry := running("EVENT_ROUTER", ""), running("DLQ_RETRY", "")
	router.Worker = two.Identity
	retry.Phase, retry.Ready, retry.Worker = spec.PhaseStopped, false, ""
	old := running("HEALTH_SERVER", "")
	old.Health.Details = map[string]any{spec.DetailMemory: 1 << 30, spec.DetailProcesses: 9} // true when it was ready, hours ago
	fleet.Daemons[2] = controltest.Daemon{Told: old, Own: &old}
	fleet.Daemons[0] = controltest.Daemon{Told: router, Own: &router}
	fleet.Daemons[1] = controltest.Daemon{Told: retry, Own: &retry}
	poller, group := fleet.Daemons[3], *fleet.Daemons[3].Own
	group.Members = nil
	for _, node := range []*remoteNode{two, three} {
		member := running("CROSS_PROCESS_POLLER", node.ID)
		member.Kind, member.Worker = spec.KindMember, node.Identity
		group.Members = append(group.Members, member)
	}
	poller.Told, poller.Own, poller.Members = group, &group, group.Members
	fleet.Daemons[3] = poller
	h = raised(t, fleet)
	h.Config.HealthToken = two.token
	h.hide = append(h.hide, two.HTTP, "$TWO", three.HTTP, "$THREE")
	return h, two, three
}

func TestLogsOfOtherNodes(t *testing.T) {
	t.Parallel()
	h, two, three := remote(t)
	two.writeLog(t, "EVENT_ROUTER.log", `{"time":"2026-03-01T11:00:00Z","level":"INFO","msg":"ready"}`+"\nplain\nnot ended")
	h.golden(t, "logs-remote", h.run(t.Context(), "logs", "event_router"))
	h.golden(t, "logs-remote-json", h.run(t.Context(), "logs", "event_router", "-n", "1", "-o", "json"))

	h.golden(t, "logs-remote-none", h.run(t.Context(), "logs", "dlq_retry"))
	old := two.writeLog(t, "DLQ_RETRY.log", "of node-2\n")
	require.NoError(t, os.Chtimes(old, time.Time{}, time.Now().Add(-time.Hour)))
	three.writeLog(t, "DLQ_RETRY.log", "of node-3, where it ran last\n")
	h.golden(t, "logs-remote-last", h.run(t.Context(), "logs", "dlq_retry"))
	h.golden(t, "logs-remote-before", h.run(t.Context(), "logs", "dlq_retry", "--node", "node-2"))
	h.golden(t, "logs-remote-nowhere", h.run(t.Context(), "logs", "dlq_retry", "--node", "node-9"))

	three.writeLog(t, "CROSS_PROCESS_POLLER@node-3.log", "of the copy\n")
	h.golden(t, "logs-remote-which", h.run(t.Context(), "logs", "cross_process_poller"))
	h.golden(t, "logs-remote-copy", h.run(t.Context(), "logs", "cross_process_poller@node-3"))
	h.golden(t, "logs-remote-no-copy", h.run(t.Context(), "logs", "cross_process_poller@node-9"))
	h.golden(t, "logs-remote-contrary", h.run(t.Context(), "logs", "cross_process_poller@node-3", "--node", "node-2"))

	h.Config.HealthToken = ""
	h.golden(t, "logs-remote-token", h.run(t.Context(), "logs", "event_router"))
	h.Config.HealthToken = two.token
	two.stop()
	h.golden(t, "logs-remote-unreachable", h.run(t.Context(), "logs", "event_router"))
}

// A log is followed while the worker of its node is replaced: no line is missing and none comes twice.
func TestLogsFollowOverAReplacedWorker(t *testing.T) {
	t.Parallel()
	h, two, _ := remote(t)
	path := two.writeLog(t, "EVENT_ROUTER.log", "line 0\nline 1\n")
	out, interrupt := h.background(t, "logs", "event_router", "-f", "-n", "1")
	requireOutput(t, out, "line 1\n")
	appendTo(t, path, "line 2\n")
	requireOutput(t, out, "line 1\nline 2\n")
	two.stop()
	require.Eventually(t, func() bool { return out.String() != withoutNotes(out.String()) }, time.Minute, 10*time.Millisecond, "it is told: %s", out)
	appendTo(t, path, "line 3\n")
	require.NoError(t, os.Rename(path, path+".1"))
	two.writeLog(t, "EVENT_ROUTER.log", "line 4\n")
	two.start(t)
	requireOutput(t, out, "line 1\nline 2\nline 3\nline 4\n")
	appendTo(t, path, "line 5\n")
	requireOutput(t, out, "line 1\nline 2\nline 3\nline 4\nline 5\n")
	require.Equal(t, cli.ExitDone, interrupt())
}

// A log outlives its daemon: one that was removed from its file is found by its name, and a name without a log is unknown.
func TestLogsOfADaemonThatWasRemoved(t *testing.T) {
	t.Parallel()
	h, two, three := remote(t)
	two.writeLog(t, "output/OLD_WEB.log", "its last words\n")
	three.writeLog(t, "output/OLD_AGENT@node-3.log", "of the copy\n")
	h.golden(t, "logs-removed", h.run(t.Context(), "logs", "old-web"))
	h.golden(t, "logs-removed-copy", h.run(t.Context(), "logs", "old-agent"))
	h.golden(t, "logs-removed-none", h.run(t.Context(), "logs", "event_routr"))
}

// What a program wrote that stood in for a row is not shown for the code that has taken its place.
func TestLogsOfCodeThatACommandStoodInFor(t *testing.T) {
	t.Parallel()
	h, two, _ := remote(t)
	two.writeLog(t, "output/EVENT_ROUTER.log", "of the command, years ago\n")
	two.writeLog(t, "EVENT_ROUTER.log", "of the code\n")
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "logs", "event_router"), h.err.String())
	require.Equal(t, "of the code\n", h.out.String())
}
