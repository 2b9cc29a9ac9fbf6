package bus_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
)

func openOutbox(t *testing.T, dir string, client *bus.Client) *bus.Outbox {
	t.Helper()
	outbox, err := bus.OpenOutbox(dir, client, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return outbox
}

func offline(t *testing.T) *bus.Client {
	t.Helper()
	client, err := bus.Connect(bus.ClientConfig{URL: "nats://127.0.0.1:1"})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

func newNote(t *testing.T, text string) bus.Event {
	t.Helper()
	event, err := bus.NewEvent(note(text), bus.Origin{Source: "test"})
	require.NoError(t, err)
	return event
}

func runOutbox(t *testing.T, outbox *bus.Outbox) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- outbox.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
}

func TestOutboxKeepsEventsUntilTheBusIsThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	client := bustest.Connect(t, server.URL())
	outbox := openOutbox(t, dir, client)
	runOutbox(t, outbox)
	var want []string
	for i := range 10 {
		want = append(want, fmt.Sprint(i))
		require.NoError(t, outbox.Put(t.Context(), newNote(t, want[i])))
	}
	require.Equal(t, 10, outbox.Len(), "there are no streams yet")

	bustest.CreateStreams(t, server.URL())
	require.NoError(t, outbox.Flush(t.Context()))
	require.Equal(t, want, texts(t, bustest.Events(t, client)))
	require.Zero(t, outbox.Len())
	files, err := filepath.Glob(dir + "/*.json")
	require.NoError(t, err)
	require.Empty(t, files, "published events leave the disk")
}

func TestOutboxTakesManyAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	outbox := openOutbox(t, dir, offline(t))
	var puts sync.WaitGroup
	for i := range 100 {
		event := newNote(t, fmt.Sprint(i))
		puts.Go(func() { require.NoError(t, outbox.Put(context.Background(), event)) })
	}
	puts.Wait()
	require.Equal(t, 100, outbox.Len())
	files, err := filepath.Glob(dir + "/*.json")
	require.NoError(t, err)
	require.Less(t, len(files), 100, "puts at once share a file and its fsync")
	require.NoError(t, outbox.Close())
	require.Error(t, outbox.Put(t.Context(), newNote(t, "late")), "closed")

	again := openOutbox(t, dir, offline(t))
	require.Equal(t, 100, again.Len(), "another process takes over")
	_, err = bus.OpenOutbox(dir, offline(t), slog.Default())
	require.ErrorIs(t, err, bus.ErrInUse)
	done, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, again.Flush(done), "100 events", "no bus")
	require.NoError(t, again.Close())
}

func TestOutboxSetsUnreadableFilesAside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "00000000000000000007.json"), []byte("[{"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".new-123"), []byte("half"), 0o600))
	client := bustest.Start(t)
	outbox := openOutbox(t, dir, client)
	runOutbox(t, outbox)
	require.NoError(t, outbox.Put(t.Context(), newNote(t, "next")))
	require.NoError(t, outbox.Flush(t.Context()))
	require.Equal(t, []string{"next"}, texts(t, bustest.Events(t, client)))
	require.FileExists(t, filepath.Join(dir, "00000000000000000007.json.unreadable"))
	require.NoFileExists(t, filepath.Join(dir, ".new-123"))
}

// TestOutboxSurvivesKill kills a process that puts events, again and again, while it publishes some of them.
// Whatever Put has confirmed is in the log in the end, once and in order.
func TestOutboxSurvivesKill(t *testing.T) {
	if dir := os.Getenv("OUTBOX_DIR"); dir != "" {
		putForEver(t, dir)
	}
	t.Parallel()
	dir := t.TempDir()
	server := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	client := bustest.Connect(t, server.URL())
	bustest.CreateStreams(t, server.URL())
	var confirmed []string
	for round := range 4 {
		confirmed = append(confirmed, killedAfter(t, dir, server.URL(), round, 20+10*round)...)
	}
	outbox := openOutbox(t, dir, client)
	runOutbox(t, outbox)
	require.NoError(t, outbox.Flush(t.Context()))

	logged := texts(t, bustest.Events(t, client))
	seen := map[string]int{}
	for i, text := range logged {
		require.NotContains(t, seen, text, "stored once")
		seen[text] = i
	}
	for i, text := range confirmed {
		require.Contains(t, seen, text, "confirmed and kept")
		if i > 0 {
			require.Greater(t, seen[text], seen[confirmed[i-1]], "in order")
		}
	}
}

// killedAfter runs the child until it has confirmed some puts, kills it, and returns what it confirmed.
func killedAfter(t *testing.T, dir, url string, round, puts int) []string {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestOutboxSurvivesKill$", "-test.count=1")
	child.Env = append(os.Environ(), "OUTBOX_DIR="+dir, "OUTBOX_URL="+url, fmt.Sprintf("OUTBOX_ROUND=%d", round))
	return runUntilKilled(t, child, "put ", puts)
}

func putForEver(t *testing.T, dir string) {
	client := bustest.Connect(t, os.Getenv("OUTBOX_URL"))
	outbox := openOutbox(t, dir, client)
	go func() { _ = outbox.Run(t.Context()) }()
	for i := 0; ; i++ {
		text := fmt.Sprintf("%s-%d", os.Getenv("OUTBOX_ROUND"), i)
		require.NoError(t, outbox.Put(t.Context(), newNote(t, text)))
		fmt.Println("put " + text)
	}
}
