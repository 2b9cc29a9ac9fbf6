package host_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// patience bounds every wait of these tests.
const patience = 10 * time.Second

// The parts of a daemon, to be put together as a test needs them.
type (
	ticks struct {
		every time.Duration
		tick  func(context.Context) error
	}
	serves  struct{ serve func(context.Context) error }
	readies struct{ ready func(context.Context) error }
	checks  struct {
		health func(context.Context) spec.Health
	}
	drains struct {
		drain func(context.Context) ([]byte, error)
	}
	handles struct {
		handle func(context.Context, bus.Event) error
	}
	wakes struct{}
)

func (d ticks) Tick(ctx context.Context) error                      { return d.tick(ctx) }
func (d ticks) Interval() time.Duration                             { return d.every }
func (d serves) Serve(ctx context.Context) error                    { return d.serve(ctx) }
func (d readies) Ready(ctx context.Context) error                   { return d.ready(ctx) }
func (d checks) Health(ctx context.Context) spec.Health             { return d.health(ctx) }
func (d drains) Drain(ctx context.Context) ([]byte, error)          { return d.drain(ctx) }
func (d handles) Handle(ctx context.Context, event bus.Event) error { return d.handle(ctx, event) }
func (d handles) Subscriptions() []bus.Name                         { return []bus.Name{"OPERATOR_NOTE"} }
func (wakes) WokenBy() []bus.Name                                   { return []bus.Name{"OPERATOR_NOTE"} }

// idle is a daemon with nothing to do.
func idle() ticks { return ticks{time.Hour, func(context.Context) error { return nil }} }

// rig is a host with one kind of daemon, NAP.
type rig struct {
	t      *testing.T
	host   *host.Host
	bus    *bus.Client
	logDir string
	clock  atomic.Int64 // added to the time, in nanoseconds
}

// newRig makes a host whose NAP is what make returns.
func newRig(t *testing.T, make func(host.Runtime) (host.Runner, error)) *rig {
	t.Helper()
	r := &rig{t: t, bus: bustest.Start(t, quietly), logDir: t.TempDir()}
	r.host = host.New(host.Config{
		Node: "node-1", DataDir: t.TempDir(), Bus: r.bus, LogDir: r.logDir, Logger: slog.New(slog.DiscardHandler), Now: r.now,
	}, []host.Declaration{{Spec: spec.Daemon{Type: "NAP"}, New: make}})
	return r
}

// hosting makes a host whose NAP is always the same runner.
func hosting(t *testing.T, runner host.Runner) *rig {
	t.Helper()
	return newRig(t, func(host.Runtime) (host.Runner, error) { return runner, nil })
}

func (r *rig) now() time.Time          { return time.Now().Add(time.Duration(r.clock.Load())) }
func (r *rig) advance(d time.Duration) { r.clock.Add(int64(d)) }

// nap is an assignment of NAP with short limits.
func nap(changes ...func(*host.Assignment)) host.Assignment {
	assignment := host.Assignment{Epoch: 1, Attempt: 1, Spec: spec.Daemon{
		Type: "NAP", StopTimeout: 5 * time.Second, ReadyTimeout: 5 * time.Second, HealthCheckInterval: 10 * time.Millisecond,
		StartupGrace: time.Nanosecond, UnhealthyThreshold: 3, StabilityWindow: time.Hour,
	}}
	for _, change := range changes {
		change(&assignment)
	}
	return assignment
}

func epoch(n int64) func(*host.Assignment) { return func(a *host.Assignment) { a.Epoch = n } }

// attempt is one run of a daemon, and what its observer has heard.
type attempt struct {
	rig     *rig
	id      string
	ready   chan spec.Health
	changes chan spec.Health
	exit    chan host.Exit
	cancel  context.CancelFunc
}

func (a *attempt) Ready(verdict spec.Health)  { a.ready <- verdict }
func (a *attempt) Health(verdict spec.Health) { a.changes <- verdict }

// run starts an attempt; it ends with the test.
func (r *rig) run(assignment host.Assignment) *attempt {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	a := &attempt{
		rig: r, id: assignment.ID(), ready: make(chan spec.Health, 10), changes: make(chan spec.Health, 1000), exit: make(chan host.Exit, 1), cancel: cancel,
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.exit <- r.host.Run(ctx, assignment, a)
	}()
	r.t.Cleanup(func() {
		cancel()
		receive(r.t, ended, "the attempt to end with its context")
	})
	return a
}

// runReady starts an attempt and waits until it is ready.
func (r *rig) runReady(assignment host.Assignment) *attempt {
	r.t.Helper()
	a := r.run(assignment)
	a.awaitReady()
	return a
}

func (a *attempt) awaitReady() spec.Health {
	a.rig.t.Helper()
	return receive(a.rig.t, a.ready, "ready")
}

func (a *attempt) awaitExit() host.Exit {
	a.rig.t.Helper()
	return receive(a.rig.t, a.exit, "the end of the attempt")
}

// stop ends the attempt for a reason and returns how it ended.
func (a *attempt) stop(reason spec.StopReason) host.Exit {
	a.rig.t.Helper()
	require.True(a.rig.t, a.rig.host.Stop(a.id, 0, reason), "%s runs", a.id)
	return a.awaitExit()
}

func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(patience):
		require.FailNow(t, "waited too long", "for %s", what)
	}
	panic("unreachable")
}

// note publishes an event that NAP may handle.
func (r *rig) note(text string) {
	r.t.Helper()
	session := r.bus.Session("PUBLISHER", "", 1)
	require.NoError(r.t, session.Publish(r.t.Context(), bus.OperatorNote{Text: text}))
}

func quietly(config *bus.ClientConfig) { config.Logger = slog.New(slog.DiscardHandler) }
