package backup_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/ringrift/orchestrator/internal/backup"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	writer  spec.Type = "AUTO_SYNC"
	reader  spec.Type = "DLQ_RETRY"
	failing spec.Type = "HEALTH_SERVER"

	place = "place" // a checkpoint's key
	id    = "an-installation"
)

// installation has every part that a backup knows, without the processes around them.
type installation struct {
	config backup.Config
	server *bus.Server
	client *bus.Client
	ledger *ledger.Ledger
	epoch  int64
}

// newInstallation makes one in a new folder. Its event bus runs.
func newInstallation(t *testing.T) *installation {
	t.Helper()
	i := &installation{config: places(t), epoch: time.Now().UnixNano()}
	write(t, filepath.Join(i.config.ClusterDir, "installation"), id+"\n")
	write(t, filepath.Join(i.config.DataDir, "events", "outbox", "00000000000000000001.json"), "[]")
	write(t, filepath.Join(i.config.DataDir, "events", "outbox", ".new-1"), "half")
	write(t, filepath.Join(i.config.DataDir, "events", "in", "note.json"), "{}")
	write(t, filepath.Join(i.config.DataDir, "temporal", "temporal.db"), "")
	i.server = bustest.Serve(t, filepath.Join(i.config.ClusterDir, "bus"), "127.0.0.1:-1")
	i.config.BusURL = i.server.URL()
	i.client = bustest.Connect(t, i.server.URL())
	bustest.CreateStreams(t, i.server.URL())
	i.ledger = openLedger(t, i.config)
	execute(t, filepath.Join(i.config.DataDir, "temporal", "temporal.db"), "PRAGMA journal_mode=wal", "CREATE TABLE history (n INTEGER, twin INTEGER)")
	return i
}

func places(t *testing.T) backup.Config {
	dir := filepath.Join(t.TempDir(), "data")
	return backup.Config{DataDir: dir, ClusterDir: filepath.Join(dir, "cluster")}
}

func openLedger(t *testing.T, config backup.Config) *ledger.Ledger {
	t.Helper()
	opened, err := ledger.Open(t.Context(), ledger.Config{Path: filepath.Join(config.ClusterDir, backup.LedgerFile)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })
	return opened
}

// step does what a daemon does with one piece of work: the effect, the event that tells of it, and its place last.
func (i *installation) step(ctx context.Context, n int) error {
	session := i.client.Session(writer, "", i.epoch)
	return errors.Join(
		i.ledger.Session(string(writer), i.epoch).RecordDepth(ctx, "queue-"+strconv.Itoa(n), "node-1", int64(n)),
		session.Publish(ctx, bus.OperatorNote{Text: strconv.Itoa(n)}),
		session.Save(ctx, place, []byte(strconv.Itoa(n))),
	)
}

// busy works and reads until the test or the returned function ends it, and says how many steps were done by then.
func (i *installation) busy(t *testing.T) (steps *atomic.Int64, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	session := i.client.Session(reader, "", i.epoch)
	reading, err := session.Subscribe(ctx, []bus.Name{"OPERATOR_NOTE"}, func(ctx context.Context, event bus.Event) error {
		return session.Save(ctx, place, []byte(text(event)))
	})
	require.NoError(t, err)
	steps = &atomic.Int64{}
	temporal := openSQL(t, filepath.Join(i.config.DataDir, "temporal", "temporal.db"))
	var group sync.WaitGroup
	group.Go(func() {
		for n := 1; ctx.Err() == nil && i.step(ctx, n) == nil; n++ {
			steps.Store(int64(n))
		}
	})
	group.Go(func() {
		for n := 1; ctx.Err() == nil; n++ { // what does not get its turn is not there, in both columns
			_, _ = temporal.ExecContext(ctx, "INSERT INTO history VALUES (?, ?)", n, n)
		}
	})
	return steps, func() { cancel(); group.Wait(); reading.Close() }
}

func text(event bus.Event) string {
	var note bus.OperatorNote
	if json.Unmarshal(event.Payload, &note) != nil {
		return ""
	}
	return note.Text
}

// write makes a file with its folders.
func write(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}

func openSQL(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_busy_timeout=10000")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func execute(t *testing.T, path string, statements ...string) {
	t.Helper()
	db := openSQL(t, path)
	for _, statement := range statements {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

// number is the one number that a query of a database returns.
func number(t *testing.T, path, query string) (n int) {
	t.Helper()
	require.NoError(t, openSQL(t, path).QueryRowContext(t.Context(), query).Scan(&n), query)
	return n
}

// loaded is the number that a daemon has saved as its place.
func loaded(t *testing.T, client *bus.Client, daemon spec.Type) int {
	t.Helper()
	data, found, err := client.Session(daemon, "", 0).Load(t.Context(), place)
	require.NoError(t, err)
	require.True(t, found, "%s has a checkpoint", daemon)
	n, err := strconv.Atoi(string(data))
	require.NoError(t, err)
	return n
}

// target is a new name of an archive.
func target(t *testing.T, name string) string {
	return filepath.Join(t.TempDir(), "kept", name)
}
