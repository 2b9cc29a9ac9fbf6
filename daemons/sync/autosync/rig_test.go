package autosync

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/data/games"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	patience = 20 * time.Second
	poll     = 10 * time.Millisecond
	token    = "a-token-of-enough-length"
)

// quick is the configuration of these tests.
func quick() Config {
	return Config{
		Token: token, Interval: 200 * time.Millisecond, MinimumPause: 20 * time.Millisecond, QuietAfter: time.Nanosecond,
		AskInterval: time.Second, Patience: 2 * time.Second, MinimumMemory: 0.001, MaxDiskUsed: func() float64 { return 1 },
	}
}

// cluster is a bus with nodes on it, each with a folder and a data server.
type cluster struct {
	*testing.T
	client *bus.Client
	url    string
	epoch  atomic.Int64
}

func setup(t *testing.T) *cluster {
	t.Helper()
	server := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	client := bustest.Connect(t, server.URL())
	bustest.CreateStreams(t, server.URL())
	c := &cluster{T: t, client: client, url: server.URL()}
	c.epoch.Store(100)
	return c
}

// node is one of them. Its server and its daemon can be stopped and started again.
type node struct {
	*cluster
	name    string
	path    string
	dir     *data.Dir
	config  Config
	params  map[string]string
	seen    http.Handler // in front of the server, if a test tampers with it
	running *host.Host   // of its daemon, once it was started
	stopped []func()
}

// add makes a node whose daemon does not run yet.
func (c *cluster) add(name string, options ...func(*node)) *node {
	c.Helper()
	n := &node{cluster: c, name: name, path: c.TempDir(), config: quick()}
	for _, option := range options {
		option(n)
	}
	var err error
	n.dir, err = data.Open(data.Config{Path: n.path, Node: name})
	require.NoError(c, err)
	c.Cleanup(func() { require.NoError(c, n.dir.Close()) })
	c.Cleanup(n.stop)
	return n
}

func strategyOf(name string) func(*node) {
	return func(n *node) { n.params = map[string]string{"strategy": name} }
}

// start serves the node's files, reports it, and runs its daemon.
func (n *node) start() *node {
	n.Helper()
	n.serve()
	n.run()
	return n
}

func (n *node) stop() {
	for i := len(n.stopped) - 1; i >= 0; i-- {
		n.stopped[i]()
	}
	n.stopped = nil
}

// serve lends the node's files and keeps its report fresh.
func (n *node) serve() {
	n.Helper()
	_, err := n.dir.Scan(n.Context(), data.ScanLimits{})
	require.NoError(n, err)
	server, err := transfer.NewServer(n.dir, transfer.ServerConfig{Tokens: []string{token}})
	require.NoError(n, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(n, err)
	handler := http.Handler(server)
	if n.seen != nil {
		handler = n.seen
	}
	web := &http.Server{Handler: handler}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = web.Serve(listener) // it ends when it is closed
	}()
	report := n.report(listener.Addr().String())
	n.stopped = append(n.stopped, func() {
		report()
		_ = web.Close()
		<-ended
	})
}

// report puts the node on the board every second until it is told to stop.
func (n *node) report(address string) (stop func()) {
	board := nodes.NewBoard(n.client.Session("P2P_BACKEND", n.name, n.cluster.epoch.Add(1)))
	put := func() {
		_ = board.Put(context.Background(), nodes.Report{ // the next one comes soon
			NodeID: n.name, Roles: n.config.Roles, Labels: n.config.Labels, Addresses: map[string]string{nodes.AddressData: address},
		})
	}
	put()
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				put()
			case <-done:
				return
			}
		}
	})
	return func() { close(done); group.Wait() }
}

// run lets a real host run the daemon.
func (n *node) run() {
	n.Helper()
	runner := n.host()
	n.running = runner
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan host.Exit, 1)
	ready := &observer{ready: make(chan struct{})}
	row := Declare(n.config).Spec
	row.Params, row.HealthCheckInterval = n.params, 50*time.Millisecond
	go func() {
		ended <- runner.Run(ctx, host.Assignment{Spec: row, Node: n.name, Epoch: n.cluster.epoch.Add(1), Attempt: 1}, ready)
	}()
	select {
	case <-ready.ready:
	case exit := <-ended:
		require.FailNow(n, "it ended before it was ready", "%v %v", exit.Kind, exit.Err)
	case <-time.After(patience):
		require.FailNow(n, "not ready in time")
	}
	n.stopped = append(n.stopped, func() {
		cancel()
		<-ended
	})
}

// health is the daemon's own word, asked for now.
func (n *node) health() spec.Health { return n.running.Health(spec.WorkflowID(Type, n.name)) }

func (n *node) host() *host.Host {
	return host.New(host.Config{
		Node: n.name, DataDir: n.path, ClusterDir: n.path, Bus: n.client, Files: n.dir, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	}, []host.Declaration{Declare(n.config)})
}

type observer struct {
	once  sync.Once
	ready chan struct{}
}

func (o *observer) Ready(spec.Health)  { o.once.Do(func() { close(o.ready) }) }
func (o *observer) Health(spec.Health) {}

// segment puts a closed file of games onto the node, as the executor of jobs does.
func (n *node) segment(config string, ids ...string) data.Item {
	n.Helper()
	return n.put(config, ".db", ids...)
}

// segmentFor is one of a command that is no selfplay.
func (n *node) segmentFor(command, config string, ids ...string) data.Item {
	n.Helper()
	return n.put(config, "."+command+".db", ids...)
}

func (n *node) put(config, suffix string, ids ...string) data.Item {
	n.Helper()
	file := datatest.Games(n, filepath.Join(n.TempDir(), "games.db"), ids...)
	item, err := n.dir.AddFile(n.Context(), file, data.RoleSegment, func(c data.Content) string { return config + "/" + c.SHA256.String() + suffix })
	require.NoError(n, err)
	return item
}

// live opens a store that somebody else writes to.
func (n *node) live(name string) *sql.DB {
	n.Helper()
	return datatest.Store(n, filepath.Join(n.path, "games", name))
}

// digest is what the node's store of a config says; the zero Digest while there is none.
func (n *node) digest(config string) games.Digest {
	path := filepath.Join(n.path, "games", "canonical_"+config+".db")
	if _, err := os.Stat(path); err != nil {
		return games.Digest{}
	}
	digest, err := games.ReadDigest(context.Background(), path)
	if err != nil {
		return games.Digest{}
	}
	return digest
}

func (c *cluster) eventually(what string, condition func() bool) {
	c.Helper()
	require.Eventually(c, condition, patience, poll, what)
}

// converge waits until all nodes say the same of so many games.
func (c *cluster) converge(config string, count int64, all ...*node) {
	c.Helper()
	c.eventually("the stores are equal", func() bool {
		first := all[0].digest(config)
		for _, n := range all {
			if digest := n.digest(config); digest.SHA256 != first.SHA256 || digest.Games != count {
				return false
			}
		}
		return true
	})
}

// told decodes the events of one kind.
func told[T bus.Payload](c *cluster) []T {
	c.Helper()
	var zero T
	var all []T
	for _, event := range bustest.Events(c, c.client, zero.EventName()) {
		payload, err := bus.Decode[T](event)
		require.NoError(c, err)
		all = append(all, payload)
	}
	return all
}

func (n *node) model(name string, content []byte) data.Item {
	n.Helper()
	want := data.Item{Place: data.Place{Role: data.RoleModel, Name: name}, SHA256: sha256.Sum256(content), Bytes: int64(len(content))}
	item, err := n.dir.Add(n.Context(), want, bytes.NewReader(content))
	require.NoError(n, err)
	return item
}

func (n *node) logger() *slog.Logger { return slog.New(slog.DiscardHandler) }
