package healthserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/health/healthserver"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web"
)

const node = "node-1"

// fleet is a supervisor that says what a test wants it to say.
type fleet struct {
	mu     sync.Mutex
	status spec.FleetStatus
	err    error
	stuck  bool

	inForce  *spec.Registry
	unlisted error
}

func (f *fleet) set(err error, stuck bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err, f.stuck = err, stuck
}

func (f *fleet) Status(ctx context.Context) (spec.FleetStatus, error) {
	f.mu.Lock()
	status, err, stuck := f.status, f.err, f.stuck
	f.mu.Unlock()
	if stuck {
		<-ctx.Done()
		return status, ctx.Err()
	}
	return status, err
}

func (f *fleet) InForce(context.Context) (*spec.Registry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.inForce, f.unlisted
}

func (f *fleet) list(inForce *spec.Registry, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inForce, f.unlisted = inForce, err
}

// process is a worker that hosts nothing and talks to Temporal.
type process struct{}

func (process) Snapshot() []spec.Info { return nil }

func (process) Measured() []spec.Info              { return nil }
func (process) Worker() web.Worker                 { return web.Worker{State: "running"} }
func (process) LastContact() time.Time             { return time.Now() }
func (process) Get(spec.Type) (spec.Daemon, bool)  { return spec.Daemon{}, false }
func (process) Layers([]spec.Type) [][]spec.Type   { return nil }
func (process) Dependencies(spec.Type) []spec.Type { return nil }
func (process) Find(name string) (spec.Daemon, error) {
	return spec.Daemon{}, &spec.UnknownType{Input: name}
}

type rig struct {
	host.Server
	fleet *fleet
	board *web.Server
	stop  func()
}

func (r *rig) ready(t *testing.T) error {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	return r.Server.(host.Readier).Ready(ctx)
}

func (r *rig) health(t *testing.T) spec.Health { return r.Server.(host.Checker).Health(t.Context()) }

// view is what /health says of its source.
func (r *rig) view(t *testing.T) (source string, age float64) {
	t.Helper()
	response, err := http.Get(r.board.URL() + "/health")
	require.NoError(t, err)
	defer response.Body.Close()
	var body struct {
		View struct {
			Source string
			Age    float64 `json:"age_seconds"`
		}
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&body))
	return body.View.Source, body.View.Age
}

func setup(t *testing.T, board healthserver.Board) *rig {
	t.Helper()
	server, err := web.New(web.Config{Addr: "127.0.0.1:0", Node: node}, web.Sources{
		Local: process{}, Temporal: process{}, Catalog: process{}, Metrics: prometheus.NewRegistry(),
	}, quiet())
	require.NoError(t, err)
	require.NoError(t, server.Listen())
	go func() { _ = server.Run(t.Context()) }() // ends with the test
	if board == nil {
		board = server
	}
	r := &rig{fleet: &fleet{status: spec.FleetStatus{Fleet: spec.FleetUp}}, board: server}
	declaration := healthserver.Declare(healthserver.Config{
		Fleet: r.fleet, Board: board, Interval: 20 * time.Millisecond, Timeout: 200 * time.Millisecond,
	})
	runner, err := declaration.New(host.Runtime{Spec: declaration.Spec, Node: node, Logger: quiet(), Now: time.Now})
	require.NoError(t, err)
	r.Server = runner.(host.Server)
	return r
}

// serve runs the daemon until the test or stop ends it.
func (r *rig) serve(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Serve(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	t.Cleanup(r.stop)
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestRow(t *testing.T) {
	t.Parallel()
	row := healthserver.Declare(healthserver.Config{}).Spec
	require.Equal(t, "create_health_server", row.Runner)
	require.Equal(t, []spec.Type{"EVENT_ROUTER"}, row.DependsOn)
	require.Equal(t, 30*time.Second, row.HealthCheckInterval)
	require.Equal(t, spec.CategoryHealth, row.Category)
	require.Equal(t, spec.ScopeNode, row.Scope)
	require.False(t, row.Critical)
}

func TestViewComesAndGoesWithTheDaemon(t *testing.T) {
	t.Parallel()
	r := setup(t, nil)
	require.Equal(t, spec.HealthUnknown, r.health(t).Status, "before it runs nobody knows")
	r.serve(t)
	require.NoError(t, r.ready(t))
	source, _ := r.view(t)
	require.Equal(t, "cluster", source)
	require.Equal(t, spec.HealthOK, r.health(t).Status)

	r.stop()
	source, _ = r.view(t)
	require.Equal(t, "local", source, "withdrawn at once when the daemon stops")
}

func TestSupervisorIsAway(t *testing.T) {
	t.Parallel()
	r := setup(t, nil)
	r.fleet.set(errors.New("no supervisor"), false)
	r.serve(t)
	require.ErrorContains(t, r.ready(t), "no supervisor")
	require.Equal(t, spec.HealthWaiting, r.health(t).Status, "it is not the daemon's fault")

	r.fleet.set(nil, false)
	require.Eventually(t, func() bool { return r.ready(t) == nil }, 30*time.Second, 5*time.Millisecond, "ready once it is back")
	require.Eventually(t, func() bool { return r.health(t).Status == spec.HealthOK }, 30*time.Second, 5*time.Millisecond)
}

func TestSupervisorIsStuck(t *testing.T) {
	t.Parallel()
	r := setup(t, nil)
	r.serve(t)
	require.NoError(t, r.ready(t))
	r.fleet.set(nil, true)
	require.Eventually(t, func() bool {
		source, age := r.view(t)
		return source == "cluster" && age > 0.3
	}, 30*time.Second, 10*time.Millisecond, "the last view stays and shows its age")
	fastest := time.Hour // of a few: the machine may be busy with other tests
	for range 5 {
		start := time.Now()
		r.view(t)
		fastest = min(fastest, time.Since(start))
	}
	require.Less(t, fastest, 100*time.Millisecond, "/health does not wait for the supervisor")
	require.Eventually(t, func() bool { return r.health(t).Status == spec.HealthWaiting }, 30*time.Second, 10*time.Millisecond)
	r.stop()
}

// elsewhere is a board whose address somebody else answers on.
type elsewhere struct {
	healthserver.Board
	url string
}

func (e elsewhere) URL() string { return e.url }

func TestReadyAsksTheServerItself(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"alive": true, "node": "node-2"}`))
	}))
	defer other.Close()
	noise := httptest.NewServer(http.NotFoundHandler())
	defer noise.Close()
	for url, want := range map[string]string{
		other.URL:            `node "node-2" answers`,
		noise.URL:            "not that of a worker",
		"http://127.0.0.1:1": "connection refused",
	} {
		plain := setup(t, nil)
		r := setup(t, elsewhere{plain.board, url})
		r.serve(t)
		require.ErrorContains(t, r.ready(t), want)
		health := r.health(t)
		require.Equal(t, spec.HealthUnhealthy, health.Status, want)
		require.Contains(t, health.Message, want)
	}
}

// What the daemons are called and need is part of the view; while it cannot be told, that of before stays.
func TestViewHasTheRowsInForce(t *testing.T) {
	t.Parallel()
	r := setup(t, nil)
	own := spec.Daemon{Type: "HELLO", Category: "greetings", StartupPosition: -1, Status: spec.StatusAvailable, Program: &spec.Program{
		Name: "hello", Kind: spec.ProgramService, Command: []string{"true"}, Directory: "/",
	}}
	table, err := spec.NewRegistry([]spec.Daemon{own})
	require.NoError(t, err)
	running := spec.Info{Daemon: own.Type, Kind: spec.KindDaemon, Phase: spec.PhaseRunning, Ready: true, Health: spec.Health{Status: spec.HealthOK}}
	r.fleet.status.Daemons = []spec.Info{running}
	r.fleet.inForce = table
	r.serve(t)
	require.NoError(t, r.ready(t))
	known := func() int {
		response, err := http.Get(r.board.URL() + "/health/hello")
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	require.Equal(t, http.StatusOK, known())

	r.fleet.list(nil, errors.New("no such rows"))
	require.Eventually(t, func() bool { return r.health(t).Status == spec.HealthDegraded }, 30*time.Second, 5*time.Millisecond)
	require.Contains(t, r.health(t).Message, "no such rows")
	require.Equal(t, http.StatusOK, known())
	r.fleet.list(table, nil)
	require.Eventually(t, func() bool { return r.health(t).Status == spec.HealthOK }, 30*time.Second, 5*time.Millisecond)
}
