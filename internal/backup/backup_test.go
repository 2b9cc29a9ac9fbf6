package backup_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/backup"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
)

// TestBusyInstallationComesBackWhole backs up while a daemon works and another reads what it publishes. Whoever claims
// in the restored installation that something was done finds it done.
func TestBusyInstallationComesBackWhole(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"archive.tar", "archive"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := newInstallation(t)
			steps, stop := source.busy(t)
			defer stop()
			require.Eventually(t, func() bool { return steps.Load() > 20 }, 20*time.Second, time.Millisecond)
			before := int(steps.Load())
			archive := target(t, name)
			manifest, err := backup.Backup(t.Context(), source.config, archive)
			require.NoError(t, err)
			require.Greater(t, int(steps.Load()), before, "it worked on meanwhile")
			stop()
			require.Equal(t, id, manifest.Installation)

			config := places(t)
			restored, err := backup.Restore(t.Context(), config, archive)
			require.NoError(t, err)
			require.Equal(t, manifest, restored.Manifest)
			require.False(t, restored.ClockBehind)
			requireWhole(t, config, before)
		})
	}
}

// requireWhole reads a restored installation through new processes' eyes.
func requireWhole(t *testing.T, config backup.Config, atLeast int) {
	t.Helper()
	require.NoFileExists(t, filepath.Join(config.DataDir, "events", "outbox", ".new-1"))
	require.FileExists(t, filepath.Join(config.DataDir, "events", "outbox", "00000000000000000001.json"))
	require.FileExists(t, filepath.Join(config.DataDir, "events", "in", "note.json"))
	temporal := filepath.Join(config.DataDir, "temporal", "temporal.db")
	require.Zero(t, number(t, temporal, "SELECT count(*) FROM history WHERE n <> twin"))
	require.Equal(t, number(t, temporal, "SELECT max(n) FROM history"), number(t, temporal, "SELECT count(*) FROM history"))

	client := bustest.Connect(t, bustest.Serve(t, filepath.Join(config.ClusterDir, "bus"), "127.0.0.1:-1").URL())
	require.NoError(t, client.EnsureStreams(t.Context()), "a router takes it over")
	done := loaded(t, client, writer)
	require.GreaterOrEqual(t, done, atLeast)
	logged := bustest.Events(t, client, "OPERATOR_NOTE")
	require.GreaterOrEqual(t, len(logged), done, "what the checkpoint claims to have published is in the log")
	for n, event := range logged {
		require.Equal(t, strconv.Itoa(n+1), text(event), "in order, each once")
	}
	file := filepath.Join(config.ClusterDir, backup.LedgerFile)
	for _, query := range []string{"SELECT max(depth) FROM queue_samples", "SELECT count(*) FROM queue_samples"} {
		require.GreaterOrEqual(t, number(t, file, query), len(logged), "the effect of every event is in the ledger: %s", query)
	}
	requireReaderGoesOn(t, client, len(logged))
}

// requireReaderGoesOn subscribes again: the first event it gets is the one after its checkpoint, or one before.
func requireReaderGoesOn(t *testing.T, client *bus.Client, last int) {
	t.Helper()
	handled := loaded(t, client, reader)
	got := make(chan int, last+1)
	session := client.Session(reader, "", 1) // any epoch will do after a restore
	reading, err := session.Subscribe(t.Context(), []bus.Name{"OPERATOR_NOTE"}, func(_ context.Context, event bus.Event) error {
		n, err := strconv.Atoi(text(event))
		got <- n
		return err
	})
	require.NoError(t, err)
	defer reading.Close()
	require.NoError(t, client.Session(writer, "", 1).Publish(t.Context(), bus.OperatorNote{Text: strconv.Itoa(last + 1)}))
	first := <-got
	require.LessOrEqual(t, first, handled+1, "no event was passed over")
	for next := first + 1; next <= last+1; next++ {
		require.Equal(t, next, <-got)
	}
}

func TestStoppedInstallationComesBackEqual(t *testing.T) {
	t.Parallel()
	source := newInstallation(t)
	for n := range 5 {
		require.NoError(t, source.step(t.Context(), n+1))
	}
	refusing, err := source.client.Session(failing, "", source.epoch).Subscribe(t.Context(), []bus.Name{"OPERATOR_NOTE"},
		func(context.Context, bus.Event) error { return os.ErrInvalid })
	require.NoError(t, err)
	require.NoError(t, source.step(t.Context(), 6))
	letters := awaitLetters(t, source.client, 1)
	refusing.Close()
	events := bustest.Events(t, source.client)
	require.NoError(t, source.server.Shutdown(context.Background()))

	archive := target(t, "archive.tar")
	manifest, err := backup.Backup(t.Context(), source.config, archive)
	require.NoError(t, err, "the bus is down: its folder is read")
	require.Equal(t, 2, manifest.Fences)
	require.Equal(t, time.Unix(0, source.epoch).UTC(), manifest.NewestEpoch)

	config := places(t)
	config.Now = func() time.Time { return time.Unix(0, source.epoch).Add(-time.Hour) }
	restored, err := backup.Restore(t.Context(), config, archive)
	require.NoError(t, err)
	require.True(t, restored.ClockBehind)
	require.Equal(t, 3, restored.FencesReset, "two of the bus, one of the ledger")

	client := bustest.Connect(t, bustest.Serve(t, filepath.Join(config.ClusterDir, "bus"), "127.0.0.1:-1").URL())
	require.Equal(t, events, bustest.Events(t, client))
	require.Equal(t, letters, awaitLetters(t, client, 1))
	require.Equal(t, 6, loaded(t, client, writer))
	require.NoError(t, client.Session(writer, "", 1).Claim(t.Context()), "no fence of the bus keeps a new copy out")
	require.NoError(t, openLedger(t, config).Session(string(writer), 1).Claim(t.Context()), "nor one of the ledger")
	was, is := filepath.Join(source.config.ClusterDir, backup.LedgerFile), filepath.Join(config.ClusterDir, backup.LedgerFile)
	const digest = "SELECT coalesce(sum(depth * 1000003 + sampled_at % 1000003), 0) FROM queue_samples"
	require.Equal(t, number(t, was, digest), number(t, is, digest))
}

func awaitLetters(t *testing.T, client *bus.Client, count int) (letters []bus.DeadLetter) {
	t.Helper()
	require.Eventually(t, func() bool {
		var err error
		letters, err = client.DeadLetters(t.Context())
		return err == nil && len(letters) == count
	}, 10*time.Second, 10*time.Millisecond, "dead letters")
	return letters
}

// What servers of the operator's own keep is named, with what to do.
func TestWhatIsElsewhereIsNamed(t *testing.T) {
	t.Parallel()
	config := places(t)
	config.OwnBus, config.OwnLedger = true, true
	write(t, filepath.Join(config.ClusterDir, "installation"), id)
	manifest, err := backup.Backup(t.Context(), config, target(t, "archive.tar"))
	require.NoError(t, err)
	var what []string
	for _, elsewhere := range manifest.Elsewhere {
		what = append(what, elsewhere.What)
		require.NotEmpty(t, elsewhere.Do, elsewhere.What)
	}
	require.Subset(t, what, []string{"Temporal", "the event bus", "the ledger"})
}
