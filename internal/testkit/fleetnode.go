package testkit

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Node is a node of a fleet in a process of its own. Its data folder outlives its processes. In a test of a
// large cluster one process plays several nodes.
type Node struct {
	fleet   *Fleet
	name    string // of the first it plays
	config  nodeConfig
	process *process
	ended   bool
}

// StartNode starts a process that is one node, or plays several. It ends with the test.
func (f *Fleet) StartNode(t testing.TB, ids ...string) *Node {
	t.Helper()
	n := &Node{fleet: f, config: f.nodeConfig(t, ids), name: ids[0]}
	t.Cleanup(func() { n.close(t) })
	n.Start(t)
	return n
}

// HostNode runs a node within the test's own process, which is quicker and cannot be killed. It drains when
// the returned function is called, at the latest with the test.
func (f *Fleet) HostNode(t testing.TB, id string) (drain func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	config := f.nodeConfig(t, []string{id})
	go func() { done <- runNodes(ctx, config, slog.New(slog.DiscardHandler)) }()
	drained := false
	drain = func() {
		if drained {
			return
		}
		drained = true
		cancel()
		require.NoError(t, <-done, "node %s", id)
	}
	t.Cleanup(drain)
	return drain
}

// Start starts the process, again after a Kill or a Drain.
func (n *Node) Start(t testing.TB) {
	t.Helper()
	settings, err := json.Marshal(n.config)
	require.NoError(t, err)
	binary, err := os.Executable()
	require.NoError(t, err)
	output, err := os.OpenFile(n.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer output.Close()
	command := exec.Command(binary)
	command.Env = append(os.Environ(), nodeVariable+"="+string(settings))
	command.Stdout, command.Stderr = output, output
	n.process, err = startProcess(command)
	require.NoError(t, err, "start node %s", n.name)
	n.ended = false
}

// AwaitWorking waits until the process asks for daemons to run, as each of the nodes it plays.
func (n *Node) AwaitWorking(t testing.TB) {
	t.Helper()
	for _, id := range n.config.Nodes {
		prefix := fmt.Sprintf("%s-%d-", id, n.PID())
		require.Eventually(t, func() bool {
			described, err := n.fleet.Server.Client().DescribeTaskQueue(t.Context(), spec.NodeQueue(id), enums.TASK_QUEUE_TYPE_ACTIVITY)
			return err == nil && slices.ContainsFunc(described.GetPollers(), func(poller *taskqueue.PollerInfo) bool {
				return strings.HasPrefix(poller.GetIdentity(), prefix)
			})
		}, fleetPatience, 50*time.Millisecond, "node %s works", id)
	}
}

// PID is the process id of the node.
func (n *Node) PID() int { return n.process.command.Process.Pid }

// Kill ends the process as a crash does.
func (n *Node) Kill(t testing.TB) {
	t.Helper()
	n.note(t, ActKilled)
	n.ended = true
	require.NoError(t, n.process.end(syscall.SIGKILL), "kill node %s", n.name)
}

// Drain tells the process to end, as a deploy does, and waits for it.
func (n *Node) Drain(t testing.TB) {
	t.Helper()
	n.Terminate(t)
	select {
	case <-n.process.done:
		n.ended = true
	case <-time.After(nodeDrain):
		require.Failf(t, "drain", "node %s still runs %s after SIGTERM", n.name, nodeDrain)
	}
}

// Terminate tells the process to end and does not wait.
func (n *Node) Terminate(t testing.TB) {
	t.Helper()
	n.signal(t, syscall.SIGTERM)
}

// Freeze stops the process where it stands.
func (n *Node) Freeze(t testing.TB) {
	t.Helper()
	n.signal(t, syscall.SIGSTOP)
	n.note(t, ActFrozen)
}

// Thaw lets a frozen process go on.
func (n *Node) Thaw(t testing.TB) {
	t.Helper()
	n.note(t, ActThawed)
	n.signal(t, syscall.SIGCONT)
}

func (f *Fleet) nodeConfig(t testing.TB, ids []string) nodeConfig {
	t.Helper()
	dir := filepath.Join(f.dir, "nodes")
	types := make([]spec.Type, len(f.Rows))
	for i, row := range f.Rows {
		types[i] = row.Type
	}
	for _, id := range ids {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, id), 0o755))
		require.NotContains(t, f.nodes, id, "a node is made once and then started again")
		f.nodes = append(f.nodes, id)
	}
	return nodeConfig{
		Temporal: f.Server.Address(), Bus: f.bus.URL(), Nodes: ids, Dir: dir, Journal: f.path, Types: types, Shim: smallShim(t),
	}
}

// smallShim is the one that `make build` makes, nil where it was not made.
func smallShim(t testing.TB) []string {
	t.Helper()
	path := filepath.Join(ModuleRoot(t), "bin", "shim")
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	return []string{path}
}

func (n *Node) note(t testing.TB, act Act) {
	t.Helper()
	require.NoError(t, n.fleet.journal.Append(Entry{Act: act, PID: n.PID(), Text: n.name}))
}

func (n *Node) signal(t testing.TB, signal syscall.Signal) {
	t.Helper()
	require.NoError(t, n.process.command.Process.Signal(signal), "signal %s to node %s", signal, n.name)
}

func (n *Node) logPath() string { return filepath.Join(n.config.Dir, n.name, "log") }

// close ends the process without ceremony and shows what it complained of when the test has failed.
func (n *Node) close(t testing.TB) {
	if !n.ended {
		if err := n.process.end(syscall.SIGKILL); err != nil {
			t.Errorf("end node %s: %v", n.name, err)
		}
	}
	if t.Failed() {
		t.Logf("node %s complained of:\n%s", n.name, strings.Join(n.complaints(), "\n"))
	}
}

// maxComplaints bounds what a failed test shows of a node's log.
const maxComplaints = 12

// complaints are the last lines of the log that are not mere information.
func (n *Node) complaints() []string {
	file, err := os.Open(n.logPath())
	if err != nil {
		return []string{err.Error()}
	}
	defer file.Close()
	var lines []string
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		if line := scanner.Text(); !strings.Contains(line, `"level":"INFO"`) {
			lines = append(lines, line)
		}
	}
	return lines[max(0, len(lines)-maxComplaints):]
}
