package dataserver

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/data/peers"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/nodes"
)

const (
	killToken    = "a-token-of-enough-length"
	killedTimes  = 8
	corruptFiles = 12
)

// TestServerSurvivesKill kills the server again and again, while it lends a file and while it puts corrupt ones aside.
// The file arrives, of whichever servers, and nothing of it twice; each corrupt file is put aside once and told of
// once; what is right stays.
func TestServerSurvivesKill(t *testing.T) {
	if url := os.Getenv("SERVER_BUS"); url != "" {
		serveUntilKilled(t, url)
		return
	}
	t.Parallel()
	events := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	client := bustest.Connect(t, events.URL())
	bustest.CreateStreams(t, events.URL())
	path := t.TempDir()
	large := lay(t, path, "models/sq5_2p/large.bin", datatest.Bytes(24*data.ChunkBytes+1, "large"))
	for i := range corruptFiles {
		lay(t, path, fmt.Sprintf("training/samples-%d_sq5_2p.npz", i), datatest.Bytes(1<<16+i, "no dataset"))
	}
	there, err := data.Open(data.Config{Path: t.TempDir(), Node: "node-2"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, there.Close()) })
	reader, err := transfer.NewClient(transfer.ClientConfig{Token: killToken, Patience: 200 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(reader.Close)

	var received int64
	fetch := func(address string) error {
		result, err := reader.Fetch(t.Context(), there, transfer.Request{Want: large, Sources: []transfer.Source{peers.SourceOf("node-1", address)}})
		received += result.Received
		return err
	}
	for round := range killedTimes {
		server := startServer(t, events.URL(), path, round+1)
		time.AfterFunc(rand.N(150*time.Millisecond), func() { _ = server.Process.Kill() }) // it is known to run, and Wait tells
		_ = fetch(server.address)                                                          // it is killed before or after
		require.Error(t, server.Wait(), "it was killed")
	}
	last := startServer(t, events.URL(), path, killedTimes+1)
	require.NoError(t, fetch(last.address))
	arrived, err := there.Verify(t.Context(), there.Find(large.SHA256)[0])
	require.NoError(t, err)
	require.EqualValues(t, "valid", arrived.State, arrived.Reason)
	require.LessOrEqual(t, received, large.Bytes+killedTimes*4*data.ChunkBytes, "only what was under way at a kill is sent again")

	require.Eventually(t, func() bool { return len(bustest.Events(t, client, "DATA_QUARANTINED")) == corruptFiles }, patience, 50*time.Millisecond)
	require.NoError(t, last.Process.Kill())
	require.Error(t, last.Wait())
	requireQuarantined(t, path, bustest.Events(t, client, "DATA_QUARANTINED"))
	require.FileExists(t, filepath.Join(path, "models", "sq5_2p", "large.bin"))
}

// requireQuarantined compares what was told with what lies in quarantine.
func requireQuarantined(t *testing.T, path string, events []bus.Event) {
	t.Helper()
	here, err := data.Open(data.Config{Path: path, Node: "node-1"})
	require.NoError(t, err)
	defer func() { require.NoError(t, here.Close()) }()
	files, err := here.QuarantinedFiles()
	require.NoError(t, err)
	require.Len(t, files, corruptFiles)
	var lying, told []string
	for _, file := range files {
		lying = append(lying, file.File)
	}
	for _, event := range events {
		content, err := bus.Decode[bus.DataQuarantined](event)
		require.NoError(t, err)
		told = append(told, content.File)
	}
	require.ElementsMatch(t, lying, told, "each is told of once")
}

// lay puts a file where a program would, without the data folder knowing.
func lay(t *testing.T, path, name string, content []byte) data.Item {
	t.Helper()
	file := filepath.Join(path, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	datatest.Write(t, file, content)
	made, err := data.FileContent(t.Context(), file)
	require.NoError(t, err)
	return data.Item{Place: data.Place{Role: data.RoleModel, Name: "sq5_2p/large.bin"}, SHA256: made.SHA256, Bytes: made.Bytes}
}

// child is a server in a process of its own.
type child struct {
	*exec.Cmd
	address string
}

func startServer(t *testing.T, url, path string, epoch int) child {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.run=^TestServerSurvivesKill$", "-test.count=1")
	command.Env = append(os.Environ(), "SERVER_BUS="+url, "SERVER_DIR="+path, fmt.Sprintf("SERVER_EPOCH=%d", epoch))
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() { _ = command.Process.Kill() }) // mostly it is gone
	lines := bufio.NewScanner(output)
	require.True(t, lines.Scan(), "it says where it listens")
	return child{command, lines.Text()}
}

func serveUntilKilled(t *testing.T, url string) {
	epoch, err := strconv.ParseInt(os.Getenv("SERVER_EPOCH"), 10, 64)
	require.NoError(t, err)
	path := os.Getenv("SERVER_DIR")
	files, err := data.Open(data.Config{Path: path, Node: "node-1"})
	require.NoError(t, err)
	addresses := &nodes.Addresses{}
	config := Config{
		Token: killToken, Addresses: addresses, ScanInterval: 20 * time.Millisecond, ScrubInterval: 10 * time.Millisecond,
		ScrubBytes: 1 << 17, BytesPerSecond: 200 << 20, // a little in each round, so that a kill falls between any two steps
	}
	d := newDaemon(config.withDefaults(), host.Runtime{
		Node: "node-1", Epoch: epoch, Logger: slog.New(slog.DiscardHandler), Now: time.Now, Files: files,
		Bus: bustest.Connect(t, url).Session(Type, "node-1", epoch), DataDir: path, ClusterDir: path,
	})
	go func() {
		if d.Ready(t.Context()) == nil {
			fmt.Println(addresses.All()[nodes.AddressData])
		}
	}()
	_ = d.Serve(context.Background()) // it is killed
}
