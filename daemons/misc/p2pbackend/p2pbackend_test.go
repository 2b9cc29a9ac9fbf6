package p2pbackend

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	patience = 20 * time.Second
	poll     = 10 * time.Millisecond
	key      = "a secret of the whole cluster"
)

// TestMain makes the test binary be a member, so that tests have processes to kill.
func TestMain(m *testing.M) {
	if node := os.Getenv("MEMBER_NODE"); node != "" {
		os.Exit(beMember(node))
	}
	os.Exit(m.Run())
}

func beMember(node string) int {
	epoch, err := strconv.ParseInt(os.Getenv("MEMBER_EPOCH"), 10, 64)
	if err != nil {
		return 2
	}
	client, err := bus.Connect(bus.ClientConfig{URL: os.Getenv("MEMBER_BUS")})
	if err != nil {
		return 2
	}
	d := newDaemon(quick(os.Getenv("MEMBER_KEY")), runtime(client, node, epoch))
	if err := d.Serve(context.Background()); err != nil {
		return 1
	}
	return 0
}

// quick is the configuration of these tests: reports come five times as often, so that joins do too.
func quick(key string) Config {
	return Config{Key: key, Interval: time.Second}.withDefaults()
}

func runtime(client *bus.Client, node string, epoch int64) host.Runtime {
	return host.Runtime{
		Node: node, Epoch: epoch, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
		Bus: client.Session(Type, node, epoch), DataDir: os.TempDir(),
	}
}

// rig is a bus and the members on it.
type rig struct {
	*testing.T
	client *bus.Client
	url    string
	epoch  int64
}

func setup(t *testing.T) *rig {
	t.Helper()
	server := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	client := bustest.Connect(t, server.URL())
	bustest.CreateStreams(t, server.URL())
	return &rig{T: t, client: client, url: server.URL(), epoch: 100}
}

// process starts a member of its own process, which ends with the test.
func (r *rig) process(node string) *os.Process {
	r.Helper()
	r.epoch++
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), "MEMBER_NODE="+node, "MEMBER_BUS="+r.url, "MEMBER_KEY="+key, "MEMBER_EPOCH="+strconv.FormatInt(r.epoch, 10))
	require.NoError(r, command.Start())
	r.Cleanup(func() {
		_ = command.Process.Kill() // the test may have ended it
		_ = command.Wait()
	})
	return command.Process
}

// member runs a member in this process until stop.
func (r *rig) member(node, key string) (d *daemon, stop func()) {
	r.Helper()
	r.epoch++
	d = newDaemon(quick(key), runtime(r.client, node, r.epoch))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Serve(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(r, <-ended)
	})
	r.Cleanup(stop)
	require.NoError(r, d.Ready(r.Context()))
	return d, stop
}

// told returns the nodes of the events of a name, in order.
func (r *rig) told(name bus.Name) (names []string) {
	r.Helper()
	for _, event := range bustest.Events(r, r.client, name) {
		var content bus.NodePresence
		switch name {
		case "HOST_ONLINE":
			decoded, err := bus.Decode[bus.HostOnline](event)
			require.NoError(r, err)
			content = decoded.NodePresence
		default:
			decoded, err := bus.Decode[bus.HostOffline](event)
			require.NoError(r, err)
			content = decoded.NodePresence
		}
		names = append(names, content.NodeID)
	}
	return names
}

func (r *rig) eventually(what string, condition func() bool) {
	r.Helper()
	require.Eventually(r, condition, patience, poll, what)
}

// A node that is killed is told to be offline once, whoever sees it, and online once when it is back.
func TestKilledNodeGoesAndComesBack(t *testing.T) {
	t.Parallel()
	r := setup(t)
	first, _ := r.member("node-1", key)
	second, _ := r.member("node-2", key)
	victim := r.process("node-3")
	r.eventually("three members know each other", func() bool { return first.peers().Alive == 3 && second.peers().Alive == 3 })
	r.eventually("all are told to be online", func() bool { return len(r.told("HOST_ONLINE")) == 3 })
	require.Empty(t, r.told("HOST_OFFLINE"))

	require.NoError(t, victim.Signal(syscall.SIGKILL))
	killed := time.Now()
	r.eventually("it is told to be offline", func() bool { return len(r.told("HOST_OFFLINE")) > 0 })
	require.Less(t, time.Since(killed), 10*time.Second)
	require.Equal(t, []string{"node-3"}, r.told("HOST_OFFLINE"))
	r.eventually("both have seen it", func() bool { return first.peers().Gone == 1 && second.peers().Gone == 1 })
	require.Equal(t, spec.HealthOK, first.Health(t.Context()).Status, "another node's end is a finding, not an illness")
	require.Len(t, first.Health(t.Context()).Findings, 1)

	r.process("node-3")
	r.eventually("it is told to be back", func() bool { return len(r.told("HOST_ONLINE")) == 4 })
	r.eventually("both have seen it", func() bool { return first.peers().Alive == 3 && second.peers().Alive == 3 })
	require.ElementsMatch(t, []string{"node-1", "node-2", "node-3", "node-3"}, r.told("HOST_ONLINE"))
	require.Equal(t, []string{"node-3"}, r.told("HOST_OFFLINE"), "once")
}

// A node that ends in order has left; one that is restarted at once was never gone.
func TestLeavingAndRestarting(t *testing.T) {
	t.Parallel()
	r := setup(t)
	first, _ := r.member("node-1", key)
	_, stop := r.member("node-2", key)
	r.eventually("they know each other", func() bool { return first.peers().Alive == 2 && len(r.told("HOST_ONLINE")) == 2 })

	stop()
	_, stop = r.member("node-2", key)
	r.eventually("the new instance is known", func() bool { return first.roster.byNode()["node-2"].Instance == r.epoch })
	r.eventually("all agree on it", func() bool {
		presences, err := first.board.Presences(t.Context())
		return err == nil && presences["node-2"].Instance == r.epoch
	})
	require.Len(t, r.told("HOST_ONLINE"), 2)

	stop()
	r.eventually("it is told to be offline", func() bool { return len(r.told("HOST_OFFLINE")) == 1 })
	require.Zero(t, first.peers().Gone, "it left on purpose")
	presences, err := first.board.Presences(t.Context())
	require.NoError(t, err)
	require.True(t, presences["node-2"].Left)
	require.Len(t, r.told("HOST_ONLINE"), 2, "the restart was no news")
}

// A member with another key meets nobody: it says so, and says nothing of the others.
func TestIsolatedMember(t *testing.T) {
	t.Parallel()
	r := setup(t)
	first, _ := r.member("node-1", key)
	second, _ := r.member("node-2", key)
	stranger, _ := r.member("node-3", "another secret, by mistake")
	r.eventually("it knows that it is alone", func() bool { return stranger.Health(t.Context()).Status == spec.HealthDegraded })
	require.Contains(t, stranger.Health(t.Context()).Message, "2 other nodes report")
	r.eventually("the others meet", func() bool { return first.peers().Alive == 2 && second.peers().Alive == 2 })
	require.Equal(t, spec.HealthOK, first.Health(t.Context()).Status)
	require.True(t, stranger.snapshot().blind(1))
	require.Empty(t, r.told("HOST_OFFLINE"))
}

func TestBoardThatIsAwayGrowsStale(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := bustest.Serve(t, dir, "127.0.0.1:-1")
	client := bustest.Connect(t, server.URL())
	bustest.CreateStreams(t, server.URL())
	r := &rig{T: t, client: client, url: server.URL()}
	now := &clock{}
	first := newDaemon(quick(""), runtime(client, "node-1", 1))
	first.rt.Now = now.read
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- first.Serve(ctx) }()
	r.eventually("it reads the board", func() bool { return first.snapshot().fresh == 1 })
	require.NoError(t, server.Shutdown(t.Context()))
	r.eventually("it notices", func() bool { return first.rounds().failures > 0 })
	require.Equal(t, false, first.Health(t.Context()).Details["board_stale"])
	now.advance(nodes.Fresh + time.Second)
	health := first.Health(t.Context())
	require.Equal(t, true, health.Details["board_stale"])
	require.Equal(t, 1, health.Details["nodes_reporting"], "the last good board stays")
	now.advance(silentAfter)
	require.Equal(t, spec.HealthUnhealthy, first.Health(t.Context()).Status, "no round for so long")
	cancel()
	require.NoError(t, <-ended)
}

// clock is the real one, and can be moved on.
type clock struct{ ahead atomic.Int64 }

func (c *clock) read() time.Time         { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

func TestSettingsThatDoNotDo(t *testing.T) {
	t.Parallel()
	for want, config := range map[string]Config{
		"there is no key":          {Listen: "0.0.0.0:7946"},
		"CLUSTER_KEY has 5 bytes":  {Key: "short"},
		`GOSSIP_LISTEN "somehost`:  {Listen: "somehost:7946"},
		`GOSSIP_ADVERTISE ":7946"`: {Advertise: ":7946"},
		`GOSSIP_SEEDS "seed"`:      {Seeds: []string{"seed"}},
	} {
		_, err := Declare(config).New(host.Runtime{})
		require.ErrorContains(t, err, want)
	}
}

func TestRow(t *testing.T) {
	t.Parallel()
	row := Declare(Config{}).Spec
	require.Equal(t, "create_p2p_backend", row.Runner)
	require.Equal(t, spec.CategoryMisc, row.Category)
	require.Equal(t, spec.ScopeNode, row.Scope)
}
