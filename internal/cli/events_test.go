package cli_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/cli"
)

// wired is setup with a real bus.
func wired(t *testing.T) *harness {
	t.Helper()
	h := setup(t)
	server, err := bus.StartServer(bus.ServerConfig{Dir: t.TempDir(), Listen: "127.0.0.1:-1"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Shutdown(context.Background())) })
	admin, err := bus.Connect(bus.ClientConfig{URL: server.URL(), Name: "test"})
	require.NoError(t, err)
	defer admin.Close()
	require.Eventually(t, func() bool { return admin.EnsureStreams(t.Context()) == nil }, 30*time.Second, 20*time.Millisecond, "the bus is up")
	h.Config.NATSURL = server.URL()
	return h
}

func TestPublishAndEvents(t *testing.T) {
	t.Parallel()
	h := wired(t)
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "publish", "operator_note", `{"text":"first"}`), h.err.String())
	require.Contains(t, h.out.String(), "published OPERATOR_NOTE ")
	h.In = strings.NewReader(`{"text":"second"}`)
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "publish", "OPERATOR_NOTE", "-", "-o", "json"), h.err.String())
	published := h.out.String()

	h.golden(t, "events", h.run(t.Context(), "events"))
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "events", "--name", "operator_note", "--last", "1", "-o", "json"))
	var read bus.Event
	require.NoError(t, json.Unmarshal(h.out.Bytes(), &read))
	require.JSONEq(t, published, h.out.String(), "the same event, whole")
	require.Equal(t, "ann@desk", read.Source)
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "events", "--name", "DLQ_STALE_EVENTS"))
	require.Empty(t, h.out.String(), "a filter leaves out the others")
}

// Saying the same thing twice is two events.
func TestPublishTwice(t *testing.T) {
	t.Parallel()
	h := wired(t)
	for range 2 {
		require.Equal(t, cli.ExitDone, h.run(t.Context(), "publish", "OPERATOR_NOTE", `{"text":"again"}`))
	}
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "events"))
	require.Equal(t, 2, strings.Count(h.out.String(), "again"), h.out.String())
}

func TestEventsFollow(t *testing.T) {
	t.Parallel()
	h := wired(t)
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "publish", "OPERATOR_NOTE", `{"text":"before"}`))
	publisher := *h
	publisher.System.Out, publisher.System.Err = &publisher.out, &publisher.err
	out, interrupt := h.background(t, "events", "--follow")
	seen := func(text string) {
		require.Eventually(t, func() bool { return strings.Contains(out.String(), text) }, 30*time.Second, 10*time.Millisecond, text)
	}
	seen("before")
	require.Equal(t, cli.ExitDone, publisher.run(t.Context(), "publish", "OPERATOR_NOTE", `{"text":"while following"}`))
	seen("while following")
	require.Equal(t, cli.ExitDone, interrupt())
}
