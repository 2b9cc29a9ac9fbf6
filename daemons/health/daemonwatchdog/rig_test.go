package daemonwatchdog_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/health/daemonwatchdog"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// noon is when every test begins.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fleet is what the supervisor would say.
type fleet struct {
	mu         sync.Mutex
	status     spec.FleetStatus
	err        error
	heartbeats map[string]time.Time // by workflow id
	unreadable error
	unlisted   error
}

func (f *fleet) set(daemons ...spec.Info) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status, f.err = spec.FleetStatus{Fleet: spec.FleetUp, Daemons: daemons}, nil
}

func (f *fleet) Status(context.Context) (spec.FleetStatus, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status, f.err
}

// InForce has a critical daemon and one of a file that takes its time; every other has the defaults.
func (f *fleet) InForce(context.Context) (*spec.Registry, error) {
	if f.unlisted != nil {
		return nil, f.unlisted
	}
	return spec.NewRegistry([]spec.Daemon{
		{Type: "AUTO_SYNC", Category: spec.CategorySync, Runner: "create_auto_sync", Critical: true, StartupPosition: -1, Status: spec.StatusAvailable},
		{Type: "SLOW", Category: "services", ReadyTimeout: 2 * time.Hour, StartupPosition: -1, Status: spec.StatusAvailable, Program: &spec.Program{
			Name: "slow", Kind: spec.ProgramService, Command: []string{"true"}, Directory: "/",
		}},
	})
}

func (f *fleet) LastHeartbeat(_ context.Context, daemon spec.Type, node string) (time.Time, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.heartbeats[spec.WorkflowID(daemon, node)], f.unreadable
}

// rig is a watchdog over a real bus, with a clock that only the test moves.
type rig struct {
	host.Ticker
	t      *testing.T
	fleet  *fleet
	client *bus.Client
	now    time.Time
	epoch  int64
	config daemonwatchdog.Config
}

func setup(t *testing.T, edit ...func(*daemonwatchdog.Config)) *rig {
	t.Helper()
	return setupOn(t, bustest.Start(t, patient), edit...)
}

func setupOn(t *testing.T, client *bus.Client, edit ...func(*daemonwatchdog.Config)) *rig {
	t.Helper()
	r := &rig{t: t, fleet: &fleet{}, client: client, now: noon}
	r.config = daemonwatchdog.Config{Fleet: r.fleet}
	for _, change := range edit {
		change(&r.config)
	}
	r.fleet.set()
	r.restart()
	return r
}

// restart replaces the watchdog by a new copy that knows what is in the checkpoint.
func (r *rig) restart() {
	r.t.Helper()
	r.epoch++
	declaration := daemonwatchdog.Declare(r.config)
	runner, err := declaration.New(host.Runtime{
		Spec: declaration.Spec, Node: "node-1", Epoch: r.epoch, Logger: quiet(), Now: func() time.Time { return r.now },
		Bus: r.client.Session(daemonwatchdog.Type, "", r.epoch),
	})
	require.NoError(r.t, err)
	r.Ticker = runner.(host.Ticker)
}

// look lets some time pass, in rounds of at most one interval, and ends with a round.
func (r *rig) look(after time.Duration) {
	r.t.Helper()
	for ; after > 30*time.Second; after -= 30 * time.Second {
		r.now = r.now.Add(30 * time.Second)
		require.NoError(r.t, r.Tick(r.t.Context()))
	}
	r.now = r.now.Add(after)
	require.NoError(r.t, r.Tick(r.t.Context()))
}

func (r *rig) health() spec.Health { return r.Ticker.(host.Checker).Health(r.t.Context()) }

// alerts returns what was published so far, oldest first.
func (r *rig) alerts() []bus.DaemonWatchdogAlert {
	r.t.Helper()
	var alerts []bus.DaemonWatchdogAlert
	for _, event := range bustest.Events(r.t, r.client, "DAEMON_WATCHDOG_ALERT") {
		alert, err := bus.Decode[bus.DaemonWatchdogAlert](event)
		require.NoError(r.t, err)
		alerts = append(alerts, alert)
	}
	return alerts
}

// kinds are the kinds of the alerts so far.
func (r *rig) kinds() []string {
	r.t.Helper()
	kinds := []string{}
	for _, alert := range r.alerts() {
		kinds = append(kinds, alert.Kind)
	}
	return kinds
}

// in is a daemon that entered a phase some time before noon and whose worker was heard of just then.
func in(phase spec.Phase, ago time.Duration) spec.Info {
	return spec.Info{
		Daemon: "AUTO_SYNC", Kind: spec.KindDaemon, Phase: phase, Ready: phase.Ready(), Desired: spec.DesiredRun,
		Since: noon.Add(-ago), MaxRestarts: 5, Health: spec.Health{Status: spec.HealthOK, At: noon},
	}
}

// alive is a running daemon whose worker was heard of at a moment.
func alive(at time.Time) spec.Info {
	info := in(spec.PhaseRunning, time.Hour)
	info.Health.At = at
	return info
}

func edited(info spec.Info, edit func(*spec.Info)) spec.Info {
	edit(&info)
	return info
}

// patient is a client that does not mind a busy disk.
func patient(c *bus.ClientConfig) { c.Timeout, c.Logger = 15*time.Second, quiet() }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
