package autosync

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/data/format"
	"github.com/ringrift/orchestrator/internal/host"
)

// TestMain makes the test binary be a node's daemon, so that tests have processes to kill.
func TestMain(m *testing.M) {
	if name := os.Getenv("SYNC_NODE"); name != "" {
		os.Exit(beNode(name))
	}
	os.Exit(m.Run())
}

func beNode(name string) int {
	client, err := bus.Connect(bus.ClientConfig{URL: os.Getenv("SYNC_BUS")})
	if err != nil {
		return 2
	}
	path := os.Getenv("SYNC_DIR")
	dir, err := data.Open(data.Config{Path: path, Node: name})
	if err != nil {
		return 2
	}
	epoch, err := strconv.ParseInt(os.Getenv("SYNC_EPOCH"), 10, 64)
	if err != nil {
		return 2
	}
	config := quick()
	config.BytesPerSecond = 8 << 20 // slow enough to be killed in the middle
	row := Declare(config).Spec
	host.New(host.Config{
		Node: name, DataDir: path, ClusterDir: path, Bus: client, Files: dir, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	}, []host.Declaration{Declare(config)}).Run(context.Background(), host.Assignment{Spec: row, Node: name, Epoch: epoch, Attempt: 1}, &observer{ready: make(chan struct{})})
	return 0
}

// process runs the node's daemon in a process of its own until the test ends.
func (n *node) process() *exec.Cmd {
	n.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), "SYNC_NODE="+n.name, "SYNC_BUS="+n.url, "SYNC_DIR="+n.path,
		"SYNC_EPOCH="+strconv.FormatInt(n.cluster.epoch.Add(1), 10))
	require.NoError(n, command.Start())
	n.Cleanup(func() {
		_ = command.Process.Kill() // the test may have ended it
		_ = command.Wait()
	})
	return command
}

// A node that is killed again and again while it fetches and merges never shows half a file, and ends with the same
// games as the node that had them. What it had before a kill is not fetched again.
func TestKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a := c.add("node-a")
	var names []string
	for i := range 3 {
		names = append(names, fmt.Sprintf("big-%d", i))
	}
	item := bigSegment(t, a, names)
	small := a.segment("sq5_2p", ids("small", 50)...)
	a.start()
	b := c.add("node-b")
	final := filepath.Join(b.path, "games", "synced", "node-a", filepath.FromSlash(item.Name))
	for range 4 {
		victim := b.process()
		partial := filepath.Join(filepath.Dir(final), ".arriving-"+item.SHA256.String())
		before := size(partial)
		c.eventually("it has got further", func() bool { return size(partial) > before || size(final) > 0 })
		require.NoError(t, victim.Process.Signal(syscall.SIGKILL))
		_ = victim.Wait() // it was killed
		if info, err := os.Stat(final); err == nil {
			require.Equal(t, item.Bytes, info.Size(), "what is visible is whole")
		}
	}
	b.process()
	c.converge("sq5_2p", 53, a, b)
	for _, one := range []data.Item{item, small} {
		content, err := data.FileContent(t.Context(), filepath.Join(b.path, "games", "synced", "node-a", filepath.FromSlash(one.Name)))
		require.NoError(t, err)
		require.Equal(t, one.SHA256, content.SHA256)
	}
	require.Eventually(t, func() bool { return len(told[bus.DataSyncCompleted](c)) == 2 }, patience, 100*time.Millisecond, "each is told once")
}

// bigSegment is one of more than a few chunks.
func bigSegment(t *testing.T, n *node, names []string) data.Item {
	t.Helper()
	path := datatest.Games(t, filepath.Join(t.TempDir(), "big.db"), names...)
	db := datatest.Store(t, path)
	for i := range 24 {
		_, err := db.Exec(`INSERT INTO game_choices (game_id, choice) VALUES (?, hex(?))`, names[0], datatest.Bytes(1<<19, fmt.Sprint(i)))
		require.NoError(t, err)
	}
	_, err := db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
	require.NoError(t, err)
	_, err = db.Exec(`PRAGMA journal_mode(DELETE)`)
	require.NoError(t, err)
	verdict := format.JudgeLive(t.Context(), path)
	require.Equal(t, format.Valid, verdict.State, verdict.Reason)
	item, err := n.dir.AddFile(t.Context(), path, data.RoleSegment, func(c data.Content) string { return "sq5_2p/" + c.SHA256.String() + ".db" })
	require.NoError(t, err)
	return item
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
