package daemons_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons"
	"github.com/ringrift/orchestrator/daemons/event/eventrouter"
	"github.com/ringrift/orchestrator/daemons/health/daemonwatchdog"
	"github.com/ringrift/orchestrator/daemons/health/healthserver"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/control/controltest"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/selfplay"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
	"github.com/ringrift/orchestrator/internal/testkit/conformance"
	"github.com/ringrift/orchestrator/internal/web"
)

// TestEveryDaemonConforms runs every daemon of this build through the suite, with a real bus, a real
// Temporal server with a supervisor to look at, and a real HTTP server.
func TestEveryDaemonConforms(t *testing.T) {
	t.Parallel()
	var server testkit.SharedServer
	namespace, connection := server.Namespace(t)
	controltest.Serve(t, connection, controltest.Fleet{})
	fleet := control.New(connection, control.Options{Namespace: namespace, Actor: "conformance"})
	_, err := fleet.Up(t.Context(), spec.UpRequest{Installation: "conformance"})
	require.NoError(t, err)

	events := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	nowhere, err := bus.Connect(bus.ClientConfig{
		URL: "nats://" + freeAddress(t), Timeout: 100 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(nowhere.Close)
	records := ledgertest.SQLite(t)
	plan, err := selfplay.ParsePlan([]byte(`{"plan_id":"conformance","configs":[{"config_key":"sq5_2p","stock":100}]}`))
	require.NoError(t, err)
	require.NoError(t, selfplay.Save(t.Context(), records.Session("test", 0), plan))
	conformance.Suite{
		Catalog: daemons.Catalog(daemons.Config{
			EventRouter:    eventrouter.Config{URL: events.URL()},
			HealthServer:   healthserver.Config{Fleet: fleet, Board: board(t)},
			DaemonWatchdog: daemonwatchdog.Config{Fleet: fleet},
		}),
		Ledger: func(context.Context) (*ledger.Ledger, error) { return records, nil }, Jobs: control.NewJobs(connection),
		Bus: bustest.Connect(t, events.URL()), Nowhere: nowhere, ProvidesBus: eventrouter.Type,
	}.Run(t)
}

// board is the HTTP server of a worker that hosts nothing.
func board(t *testing.T) *web.Server {
	t.Helper()
	server, err := web.New(web.Config{Addr: "127.0.0.1:0", Node: "node-1"}, web.Sources{
		Local: idle{}, Temporal: idle{}, Catalog: idle{}, Metrics: prometheus.NewRegistry(),
	}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, server.Listen())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(t.Context()) }()
	t.Cleanup(func() { require.NoError(t, <-ended) })
	return server
}

// idle is a worker that hosts nothing and talks to Temporal.
type idle struct{}

func (idle) Snapshot() []spec.Info { return nil }

func (idle) Measured() []spec.Info              { return nil }
func (idle) Worker() web.Worker                 { return web.Worker{State: "running"} }
func (idle) LastContact() time.Time             { return time.Now() }
func (idle) Get(spec.Type) (spec.Daemon, bool)  { return spec.Daemon{}, false }
func (idle) Layers([]spec.Type) [][]spec.Type   { return nil }
func (idle) Dependencies(spec.Type) []spec.Type { return nil }
func (idle) Find(input string) (spec.Daemon, error) {
	return spec.Daemon{}, fmt.Errorf("no daemon %q", input)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}
