// Package bustest gives tests a real event bus of their own.
package bustest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
)

// Start runs an embedded server with its streams for one test and returns a client of it. The options
// change the client's configuration.
func Start(t testing.TB, options ...func(*bus.ClientConfig)) *bus.Client {
	t.Helper()
	url := Serve(t, t.TempDir(), "127.0.0.1:-1").URL()
	CreateStreams(t, url)
	return Connect(t, url, options...)
}

// CreateStreams makes the log and the buckets. That writes more than any other request, and so may take long where many
// tests run at once: it is waited for as no client of a test waits that may find the bus away.
func CreateStreams(t testing.TB, url string) {
	t.Helper()
	patient := Connect(t, url, func(config *bus.ClientConfig) { config.Timeout = time.Minute })
	defer patient.Close()
	require.NoError(t, patient.EnsureStreams(t.Context()), "create streams")
}

// Serve runs an embedded server on a folder until the test ends.
func Serve(t testing.TB, dir, listen string) *bus.Server {
	t.Helper()
	server, err := bus.StartServer(bus.ServerConfig{Dir: dir, Listen: listen})
	require.NoError(t, err, "start server")
	t.Cleanup(func() { _ = server.Shutdown(context.Background()) }) // the test may have ended it
	return server
}

// Connect returns a client and waits until it is connected.
func Connect(t testing.TB, url string, options ...func(*bus.ClientConfig)) *bus.Client {
	t.Helper()
	config := bus.ClientConfig{URL: url, Name: t.Name(), Timeout: 2 * time.Second}
	for _, option := range options {
		option(&config)
	}
	client, err := bus.Connect(config)
	require.NoError(t, err, "connect")
	t.Cleanup(client.Close)
	require.Eventually(t, client.Connected, time.Minute, 5*time.Millisecond, "connected to %s", url)
	return client
}

// Events returns what is in the log now, oldest first.
func Events(t testing.TB, client *bus.Client, names ...bus.Name) []bus.Event {
	t.Helper()
	var events []bus.Event
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := client.Follow(ctx, bus.FollowOptions{Names: names, Since: time.Unix(1, 0), Stop: true}, func(event bus.Event) error {
		events = append(events, event)
		return nil
	})
	require.NoError(t, err, "read the log")
	require.NoError(t, ctx.Err(), "read the log in time")
	return events
}
