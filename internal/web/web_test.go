package web_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web"
)

const node = "node-1"

// rig is a server that listens on a port of its own, and what it answers from.
type rig struct {
	*web.Server
	local   *local
	contact *contact
	cancel  context.CancelFunc
	ended   chan error
}

// setup starts a server. The sources that a test does not name are an empty process that talks to Temporal, and a
// bus that is not there.
func setup(t testing.TB, cfg web.Config, sources web.Sources) *rig {
	t.Helper()
	r := &rig{local: &local{}, contact: &contact{}, ended: make(chan error, 1)}
	r.contact.set(time.Now())
	absent, err := bus.Connect(bus.ClientConfig{URL: "nats://127.0.0.1:1", Timeout: 100 * time.Millisecond, Logger: quiet()})
	require.NoError(t, err)
	t.Cleanup(absent.Close)
	if sources.Publisher == nil {
		sources.Publisher, sources.Follower = absent.Session("TEST", "", 0), absent
	}
	if sources.Training == nil {
		sources.Training = &training{ledger: ledgertest.SQLite(t)}
	}
	registry := prometheus.NewRegistry()
	sources.Local, sources.Temporal, sources.Catalog, sources.Metrics = r.local, r.contact, catalog(t), registry
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	cfg.Node = node
	r.Server, err = web.New(cfg, sources, quiet())
	require.NoError(t, err)
	require.NoError(t, registry.Register(r.Collector()))
	require.NoError(t, r.Listen())
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() { r.ended <- r.Run(ctx) }()
	t.Cleanup(func() { r.stop(t) })
	return r
}

// withBus is setup with an event bus of its own.
func withBus(t testing.TB, cfg web.Config) (*rig, *bus.Client) {
	t.Helper()
	client := bustest.Start(t, func(c *bus.ClientConfig) { c.Timeout, c.Logger = 15*time.Second, quiet() })
	return setup(t, cfg, web.Sources{Publisher: client.Session("TEST", "", 0), Follower: client}), client
}

func (r *rig) stop(t testing.TB) {
	t.Helper()
	r.cancel()
	select {
	case err := <-r.ended:
		require.NoError(t, err, "Run ends without an error when it is told to")
		r.ended <- nil
	case <-time.After(10 * time.Second):
		require.Fail(t, "Run does not end")
	}
}

// do sends a request and returns the answer with its body.
func (r *rig) do(t testing.TB, method, path, body string, edit ...func(*http.Request)) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, r.URL()+path, strings.NewReader(body))
	require.NoError(t, err)
	for _, change := range edit {
		change(request)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err, "%s %s", method, path)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(text)
}

// get returns status and decoded body.
func (r *rig) get(t testing.TB, path string) (int, map[string]any) {
	t.Helper()
	response, text := r.do(t, http.MethodGet, path, "")
	var body map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &body), "%s answers JSON: %s", path, text)
	return response.StatusCode, body
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// local is what this process hosts.
type local struct{ hosted atomic.Pointer[[]spec.Info] }

func (l *local) set(hosted ...spec.Info) { l.hosted.Store(&hosted) }

func (l *local) Snapshot() []spec.Info {
	if hosted := l.hosted.Load(); hosted != nil {
		return *hosted
	}
	return nil
}

func (l *local) Measured() []spec.Info { return l.Snapshot() }

func (l *local) Worker() web.Worker { return web.Worker{Identity: "worker-1", State: "running"} }

type contact struct{ at atomic.Int64 }

func (c *contact) set(at time.Time) { c.at.Store(at.UnixNano()) }

func (c *contact) LastContact() time.Time { return time.Unix(0, c.at.Load()) }

func catalog(t testing.TB) *spec.Registry {
	t.Helper()
	router := []spec.Type{"EVENT_ROUTER"}
	registry, err := spec.NewRegistry([]spec.Daemon{
		{Type: "EVENT_ROUTER", Category: spec.CategoryEvent, Runner: "a", Critical: true, StartupPosition: 0, Status: spec.StatusAvailable},
		{Type: "DAEMON_WATCHDOG", Category: spec.CategoryHealth, Runner: "b", Critical: true, DependsOn: router, StartupPosition: 1, Status: spec.StatusAvailable},
		{Type: "HEALTH_SERVER", Category: spec.CategoryHealth, Runner: "c", DependsOn: router, Scope: spec.ScopeNode, StartupPosition: 2, Status: spec.StatusAvailable},
		{Type: "DATA_PIPELINE", Category: spec.CategoryPipeline, Runner: "d", DependsOn: router, StartupPosition: -1, Status: spec.StatusPlanned},
		{Type: "HEALTH_CHECK", Category: spec.CategoryHealth, Runner: "e", StartupPosition: -1, Status: spec.StatusDeprecated, Deprecated: true, DeprecatedMessage: "ask the server", Replacement: "HEALTH_SERVER"},
	})
	require.NoError(t, err)
	return registry
}

// running is a healthy daemon.
func running(daemon spec.Type) spec.Info {
	return spec.Info{
		Daemon: daemon, Kind: spec.KindDaemon, Phase: spec.PhaseRunning, Desired: spec.DesiredRun, Ready: true,
		Since: time.Now().Add(-time.Minute), MaxRestarts: 5, Epoch: 1, Health: spec.Health{Status: spec.HealthOK, At: time.Now()},
	}
}

func in(phase spec.Phase, info spec.Info) spec.Info {
	info.Phase, info.Ready = phase, phase.Ready()
	return info
}

// view is the cluster as the supervisor sees it: two critical daemons and a group of two members.
func view(age time.Duration, watchdog spec.Info) *web.ClusterView {
	group := running("HEALTH_SERVER")
	group.Kind = spec.KindGroup
	for _, name := range []string{"node-1", "node-2"} {
		member := running("HEALTH_SERVER")
		member.Kind, member.Node = spec.KindMember, name
		group.Members = append(group.Members, member)
	}
	return &web.ClusterView{FetchedAt: time.Now().Add(-age), Status: spec.FleetStatus{
		Fleet: spec.FleetUp, Installation: "i-1", Daemons: []spec.Info{running("EVENT_ROUTER"), watchdog, group},
		Nodes: []spec.Node{{ID: "node-1"}, {ID: "node-2"}}, Planned: []spec.Type{"DATA_PIPELINE"},
	}}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
