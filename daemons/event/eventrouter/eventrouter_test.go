package eventrouter

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

func TestRowIsTheReferences(t *testing.T) {
	t.Parallel()
	got := Declare(Config{}).Spec
	require.Equal(t, spec.Daemon{
		Type: "EVENT_ROUTER", Category: spec.CategoryEvent, Runner: "create_event_router", HealthCheckInterval: 30 * time.Second,
		AutoRestart: true, MaxRestarts: 5, Critical: true, Scope: spec.ScopeCluster, Status: spec.StatusAvailable,
	}.WithDefaults(), got)
	require.Equal(t, 15*time.Second, got.EffectiveHealthCheckInterval())
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	return listener.Addr().String()
}

// client is connected to an address where nobody listens yet.
func client(t *testing.T, address string) *bus.Client {
	t.Helper()
	client, err := bus.Connect(bus.ClientConfig{URL: "nats://" + address, Timeout: 2 * time.Second})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

func newRunner(t *testing.T, config Config, client *bus.Client, dir string, epoch int64) *router {
	t.Helper()
	runner, err := Declare(config).New(host.Runtime{
		Epoch: epoch, Logger: slog.New(slog.DiscardHandler), Now: time.Now, Bus: client.Session(Type, "", epoch), ClusterDir: dir,
	})
	require.NoError(t, err)
	return runner.(*router)
}

// serve runs a router until stop is called, which returns what Serve returned.
func serve(t *testing.T, router *router) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- router.Serve(ctx) }()
	ready, cancelReady := context.WithTimeout(ctx, 10*time.Second)
	defer cancelReady()
	require.NoError(t, router.Ready(ready))
	return func() error {
		cancel()
		return <-ended
	}
}

func TestEmbeddedBusKeepsEventsAcrossItsOwnRestarts(t *testing.T) {
	t.Parallel()
	address, dir := freeAddress(t), t.TempDir()
	client := client(t, address)
	for epoch := range int64(3) {
		router := newRunner(t, Config{Listen: address}, client, dir, epoch+1)
		began := time.Now()
		stop := serve(t, router)
		require.Less(t, time.Since(began), 3*time.Second, "ready soon")
		require.NoError(t, client.Session("PUBLISHER", "", 1).Publish(t.Context(), bus.OperatorNote{Text: "hi"}))
		require.Len(t, bustest.Events(t, client), int(epoch)+1)
		health := router.Health(t.Context())
		require.Equal(t, spec.HealthOK, health.Status, health.Message)
		require.Equal(t, map[bus.Name]uint64{"OPERATOR_NOTE": uint64(epoch) + 1}, health.Details["log_events"])
		require.NoError(t, stop())
		require.Equal(t, spec.HealthUnhealthy, router.Health(t.Context()).Status, "after its end")
	}
}

func TestReadyIsNotAssumed(t *testing.T) {
	t.Parallel()
	router := newRunner(t, Config{URL: "nats://127.0.0.1:1"}, client(t, "127.0.0.1:1"), t.TempDir(), 1)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- router.Serve(ctx) }()
	require.ErrorIs(t, router.Ready(ctx), context.DeadlineExceeded)
	require.NoError(t, <-ended, "it was told to stop")
	require.Equal(t, spec.HealthWaiting, router.Health(t.Context()).Status, "an external bus is not ours to repair")
}

func TestExternalBusIsSetUpAndNotEmbedded(t *testing.T) {
	t.Parallel()
	server := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	client := bustest.Connect(t, server.URL())
	dir := t.TempDir()
	router := newRunner(t, Config{URL: server.URL()}, client, dir, 1)
	stop := serve(t, router)
	require.Equal(t, spec.HealthOK, router.Health(t.Context()).Status)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
	require.NoError(t, stop())
	require.NoError(t, server.Healthy(), "somebody else's server goes on")
}

func TestSecondCopyWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	address, dir := freeAddress(t), t.TempDir()
	client := client(t, address)
	stop := serve(t, newRunner(t, Config{Listen: address}, client, dir, 1))
	second := newRunner(t, Config{Listen: address}, client, dir, 2)
	err := second.Serve(t.Context())
	require.ErrorIs(t, err, bus.ErrInUse)
	require.NoError(t, stop())
	require.NoError(t, serve(t, second)())
}

func TestBadAddressIsAnError(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, busy.Close()) }()
	for address, want := range map[string]string{
		busy.Addr().String(): "address already in use", "nonsense": "write host:port", "0.0.0.0:4222": "set a token",
	} {
		err := newRunner(t, Config{Listen: address}, client(t, "127.0.0.1:1"), t.TempDir(), 1).Serve(t.Context())
		require.ErrorContains(t, err, want, address)
	}
}

func TestHealthShowsWhoIsBehind(t *testing.T) {
	t.Parallel()
	late := bus.Lag{Subscriber: "SLOW", Pending: 7, Behind: time.Minute, Listening: true}
	gone := bus.Lag{Subscriber: "GONE", Pending: 9, Behind: time.Hour}
	fine := bus.Lag{Subscriber: "FINE", Pending: 1, Behind: time.Second, Listening: true}

	require.Equal(t, spec.HealthOK, judge(bus.LogState{}).Status, "nothing routed yet is idle")
	require.Equal(t, spec.HealthOK, judge(bus.LogState{Lags: []bus.Lag{fine}}).Status)
	health := judge(bus.LogState{Lags: []bus.Lag{fine, late, gone}})
	require.Equal(t, spec.HealthDegraded, health.Status)
	require.Equal(t, "SLOW is 1m0s behind with 7 events", health.Message)
	require.Len(t, health.Findings, 1)
	require.Contains(t, health.Findings[0], "GONE does not listen: 9 events wait")
}

// A subscriber that hangs is seen in the figures of a real log.
func TestLagOfARealSubscriber(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t, func(c *bus.ClientConfig) { c.Now = func() time.Time { return time.Now().Add(time.Minute) } })
	release := make(chan struct{})
	subscription, err := client.Session("SLOW", "", 1).Subscribe(t.Context(), []bus.Name{"OPERATOR_NOTE"},
		func(context.Context, bus.Event) error { <-release; return errors.New("late") })
	require.NoError(t, err)
	defer subscription.Close()
	defer close(release)
	require.NoError(t, client.Session("PUBLISHER", "", 1).Publish(t.Context(), bus.OperatorNote{Text: "hi"}))
	require.Eventually(t, func() bool {
		state, err := client.LogState(t.Context())
		return err == nil && judge(state).Status == spec.HealthDegraded && state.Lags[0].Pending == 1 && state.Lags[0].Listening
	}, 10*time.Second, 10*time.Millisecond)
}
