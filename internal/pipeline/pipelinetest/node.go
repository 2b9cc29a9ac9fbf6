package pipelinetest

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/run"
)

const token = "a-token-of-enough-length"

// Node runs jobs. Others can fetch its files.
type Node struct {
	*jobs.Executor
	Name  string
	Dir   string
	Files *data.Dir
}

// AddNode adds a node, healthy and with a data server, until the test ends.
func (r *Rig) AddNode(name string) *Node {
	r.Helper()
	node, fetch, err := newNode(name, r.TempDir(), r.Mini)
	require.NoError(r, err)
	server, err := transfer.NewServer(node.Files, transfer.ServerConfig{Tokens: []string{token}})
	require.NoError(r, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(r, err)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	r.Cleanup(func() {
		cancel()
		require.NoError(r, <-served)
		fetch.Close()
		require.NoError(r, node.Files.Close())
	})
	report := ledger.NodeReport{ID: name, Addresses: map[string]string{"data": listener.Addr().String()}}
	require.NoError(r, r.Session.NodeSeen(r.Context(), report))
	require.NoError(r, r.Session.SetHealth(r.Context(), name, ledger.NodeHealthy, ""))
	return node
}

// newNode opens a node in a folder, without a data server.
func newNode(name, dir string, workloads ...*workload.Workload) (*Node, *transfer.Client, error) {
	files, err := data.Open(data.Config{Path: dir, Node: name})
	if err != nil {
		return nil, nil, err
	}
	scope, err := process.Scope(dir)
	if err != nil {
		return nil, nil, err
	}
	fetch, err := transfer.NewClient(transfer.ClientConfig{Token: token, Patience: 30 * time.Second})
	if err != nil {
		return nil, nil, err
	}
	offered := map[string]*workload.Workload{}
	for _, one := range workloads {
		offered[one.Manifest.Name] = one
	}
	executor, err := jobs.NewExecutor(jobs.ExecutorConfig{
		Node: name, Dir: filepath.Join(dir, "jobs"), Scope: scope, Files: files, Fetch: fetch, Workloads: offered,
		Runner: run.New(run.Options{Scope: scope, Environment: []string{"PATH=" + os.Getenv("PATH")}}), Logger: quiet(),
	})
	return &Node{executor, name, dir, files}, fetch, err
}

// Path is where a file that a job has left lies on the node.
func (r *Rig) Path(output jobs.Output) string {
	r.Helper()
	path, err := r.Node.Files.Path(output.Place)
	require.NoError(r, err)
	require.FileExists(r, path)
	return path
}
