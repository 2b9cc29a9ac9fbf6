package modeldistribution_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/distribution/dataserver"
	"github.com/ringrift/orchestrator/daemons/distribution/modeldistribution"
	"github.com/ringrift/orchestrator/daemons/sync/autosync"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	patience = 30 * time.Second
	poll     = 20 * time.Millisecond
)

// The tokens of the data servers. All servers know both, so that a front can tell by whom it is asked.
const (
	usualToken = "a-token-of-enough-length"
	otherToken = "another-token-of-enough-length"
)

// cluster is a bus, a ledger, and nodes with a real DATA_SERVER and AUTO_SYNC each.
type cluster struct {
	*testing.T
	client  *bus.Client
	url     string // of the bus
	file    string // of the ledger
	ledger  *ledger.Ledger
	session *ledger.Session
	shared  string                          // CLUSTER_DIR
	front   func(http.Handler) http.Handler // what stands before the data servers of nodes that are then added
	epoch   atomic.Int64
}

func setup(t *testing.T) *cluster {
	t.Helper()
	server := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	c := &cluster{T: t, client: bustest.Connect(t, server.URL()), url: server.URL(), file: filepath.Join(t.TempDir(), "ledger.db"), shared: t.TempDir()}
	bustest.CreateStreams(t, server.URL())
	c.ledger = ledgertest.Open(t, ledger.Config{Path: c.file})
	c.session = c.ledger.Session("TEST", 0)
	c.epoch.Store(100)
	return c
}

type node struct {
	*cluster
	name    string
	path    string
	dir     *data.Dir
	roles   []spec.Role
	token   string // that it asks others with
	stopped []func()
}

func (c *cluster) add(name string, roles ...spec.Role) *node {
	c.Helper()
	return c.addWith(usualToken, name, roles...)
}

func (c *cluster) addWith(token, name string, roles ...spec.Role) *node {
	c.Helper()
	n := &node{cluster: c, name: name, path: c.TempDir(), roles: roles, token: token}
	var err error
	n.dir, err = data.Open(data.Config{Path: n.path, Node: name})
	require.NoError(c, err)
	c.Cleanup(func() { require.NoError(c, n.dir.Close()) })
	c.Cleanup(n.stop)
	n.start()
	return n
}

func (n *node) start() {
	n.Helper()
	var addresses nodes.Addresses
	n.run(dataserver.Declare(dataserver.Config{
		Token: usualToken, OldToken: otherToken, Addresses: &addresses, ScanInterval: 200 * time.Millisecond,
	}))
	if n.front != nil {
		n.putInFront(&addresses)
	}
	n.report(&addresses)
	n.run(autosync.Declare(autosync.Config{
		Token: n.token,
		Roles: n.roles, Interval: time.Second, MinimumPause: 50 * time.Millisecond, Patience: 2 * time.Second, MinimumMemory: 0.001, MaxDiskUsed: func() float64 { return 1 },
	}))
}

// putInFront lets the others reach the node's data server through a handler of the test only.
func (n *node) putInFront(addresses *nodes.Addresses) {
	n.Helper()
	behind, err := url.Parse("http://" + addresses.All()[nodes.AddressData])
	require.NoError(n, err)
	proxy := httputil.NewSingleHostReverseProxy(behind)
	proxy.ErrorLog = log.New(io.Discard, "", 0) // a test may break what passes through
	front := httptest.NewServer(n.front(proxy))
	n.stopped = append(n.stopped, front.Close)
	addresses.Set(nodes.AddressData, front.Listener.Addr().String())
}

func (n *node) stop() {
	for i := len(n.stopped) - 1; i >= 0; i-- {
		n.stopped[i]()
	}
	n.stopped = nil
}

// report does what P2P_BACKEND and CLUSTER_MONITOR do.
func (n *node) report(addresses *nodes.Addresses) {
	n.Helper()
	board := nodes.NewBoard(n.client.Session("P2P_BACKEND", n.name, n.cluster.epoch.Add(1)))
	put := func() {
		_ = board.Put(context.Background(), nodes.Report{NodeID: n.name, Roles: n.roles, Addresses: addresses.All()}) // the next one comes soon
		roles := []string{}
		for _, role := range n.roles {
			roles = append(roles, string(role))
		}
		_ = n.session.NodeSeen(context.Background(), ledger.NodeReport{ID: n.name, Roles: roles, Addresses: addresses.All()})
	}
	put()
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		ticker := time.NewTicker(500 * time.Millisecond)
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
	n.stopped = append(n.stopped, func() { close(done); group.Wait() })
}

func (n *node) run(declaration host.Declaration) {
	n.stopped = append(n.stopped, n.host(declaration, n.name))
}

// host lets a real host run a daemon until it is stopped.
func (n *node) host(declaration host.Declaration, member string) (stop func()) {
	n.Helper()
	runner := host.New(host.Config{
		Node: n.name, DataDir: n.path, ClusterDir: n.shared, Bus: n.client, Files: n.dir, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
		Ledger: func(context.Context) (*ledger.Ledger, error) { return n.ledger, nil },
	}, []host.Declaration{declaration})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan host.Exit, 1)
	ready := &observer{ready: make(chan struct{})}
	go func() {
		ended <- runner.Run(ctx, host.Assignment{Spec: declaration.Spec, Node: member, Epoch: n.cluster.epoch.Add(1), Attempt: 1}, ready)
	}()
	select {
	case <-ready.ready:
	case exit := <-ended:
		require.FailNow(n, "it ended before it was ready", "%s: %v %v", declaration.Spec.Type, exit.Kind, exit.Err)
	case <-time.After(patience):
		require.FailNow(n, "not ready in time", "%s", declaration.Spec.Type)
	}
	return func() {
		cancel()
		<-ended
	}
}

// distribute runs MODEL_DISTRIBUTION, on the first node's host.
func (n *node) distribute(config modeldistribution.Config) (stop func()) {
	n.Helper()
	config.Token, config.Interval, config.Pace, config.Alive = usualToken, 500*time.Millisecond, 100*time.Millisecond, 10*time.Second
	config.FirstRetry = 500 * time.Millisecond
	stop = sync.OnceFunc(n.host(modeldistribution.Declare(config), ""))
	n.Cleanup(stop)
	return stop
}

type observer struct {
	once  sync.Once
	ready chan struct{}
}

func (o *observer) Ready(spec.Health)  { o.once.Do(func() { close(o.ready) }) }
func (o *observer) Health(spec.Health) {}

func (n *node) put(role data.Role, name string, content []byte) data.Item {
	n.Helper()
	want := data.Item{Place: data.Place{Role: role, Name: name}, SHA256: sha256.Sum256(content), Bytes: int64(len(content))}
	item, err := n.dir.Add(n.Context(), want, bytes.NewReader(content))
	require.NoError(n, err)
	return item
}

// promote makes a model and points to it, after so many moves.
func (c *cluster) promote(item data.Item, config string, moves int64) string {
	c.Helper()
	model, err := c.session.AddModel(c.Context(), ledger.Model{
		SHA256: item.SHA256.String(), ConfigKey: config, Kind: "table", Bytes: item.Bytes, RunID: "run", Workload: "mini", WorkloadVersion: "1",
	})
	require.NoError(c, err)
	_, err = c.session.MovePointers(c.Context(), ledger.PointerMove{
		ConfigKey: config, Name: ledger.Canonical, ModelID: model.ID, Expect: moves, DecisionID: "promote " + model.ID, Reason: "it is better",
	})
	require.NoError(c, err)
	return model.ID
}

func (c *cluster) eventually(what string, condition func() bool) {
	c.Helper()
	require.Eventually(c, condition, patience, poll, what)
}

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

func weights(seed string) []byte { return datatest.Bytes(1<<20, seed) }
