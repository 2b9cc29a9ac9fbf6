package retention_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/retention"
)

var update = flag.Bool("update", false, "rewrite the table in docs/backup.md")

// The document has the table of the code.
func TestDocumentHasTheTable(t *testing.T) {
	t.Parallel()
	const path = "../../docs/backup.md"
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	table := regexp.MustCompile(`(?m)(^\| what \| where .*\n)(^\|.*\n)+`)
	want := retention.Markdown(retention.Table())
	if *update {
		require.NoError(t, os.WriteFile(path, table.ReplaceAllLiteral(content, []byte(want)), 0o644))
		return
	}
	require.Equal(t, want, string(table.Find(content)), "`go test ./internal/retention -update` rewrites it")
}

// What the table says of streams is what a bus really has.
func TestStreamsAreBoundedAsTheTableSays(t *testing.T) {
	t.Parallel()
	server := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	bustest.CreateStreams(t, server.URL())
	conn, err := nats.Connect(server.URL())
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	rows := map[string]retention.Row{}
	for _, row := range retention.Table() {
		for _, path := range row.Paths {
			rows[filepath.Base(path)] = row
		}
	}
	streams := js.ListStreams(t.Context())
	seen := 0
	for stream := range streams.Info() {
		seen++
		row, found := rows[stream.Config.Name]
		require.True(t, found, "the table has stream %s", stream.Config.Name)
		require.Equal(t, stream.Config.MaxAge, row.Age, "age of %s", stream.Config.Name)
		require.Equal(t, stream.Config.MaxBytes, row.Bytes, "size of %s", stream.Config.Name)
	}
	require.NoError(t, streams.Err())
	require.Equal(t, 6, seen, "streams")
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "odd [name]")
	cluster := filepath.Join(data, "cluster")
	for path, bytes := range map[string]int{
		"logs/EVENT_ROUTER.log": 10, "logs/EVENT_ROUTER.log.1": 5, "logs/worker.log": 100, "logs/output/WEB.log": 7, "logs/output/WEB.log.1": 8, "games/synced/node/g.db": 1000,
		"cluster/ledger.db": 200, "cluster/ledger.db-wal": 20, "unnamed": 1,
	} {
		file := filepath.Join(data, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, make([]byte, bytes), 0o600))
	}
	report, err := retention.Measure(t.Context(), data, cluster, 1500)
	require.NoError(t, err)
	sizes := map[string]int64{}
	for _, use := range report.Rows {
		require.Equal(t, use.Root != retention.RootNone, use.Size.Known, use.What)
		sizes[use.What] = use.Size.Bytes
	}
	require.EqualValues(t, 15, sizes["logs of daemons"])
	require.EqualValues(t, 100, sizes["logs of processes"])
	require.EqualValues(t, 15, sizes["output of programs"])
	require.EqualValues(t, 1000, sizes["games"])
	require.EqualValues(t, 220, sizes["the ledger"])
	require.EqualValues(t, 1351, report.Total.Bytes, "each byte once")
	require.Contains(t, []retention.State{retention.StateNear, retention.StateOver}, report.State)

	report, err = retention.Measure(t.Context(), data, cluster, 1000)
	require.NoError(t, err)
	require.Equal(t, retention.StateOver, report.State)
	require.NotEmpty(t, report.Note)

	_, err = retention.Measure(t.Context(), filepath.Join(data, "missing"), cluster, 0)
	require.ErrorContains(t, err, "DATA_DIR")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	report, err = retention.Measure(ctx, data, cluster, 0)
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, report.Total.Known, "what was not counted is not zero")
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1 KiB", 1<<20 - 1: "1 MiB", 64 << 20: "64 MiB", 3 << 29: "1.5 GiB"} {
		require.Equal(t, want, retention.SizeText(bytes))
	}
	for text, want := range map[string]int64{"1B": 1, "20KiB": 20 << 10, "1.5 GiB": 3 << 29, "2TiB": 2 << 40} {
		got, err := retention.ParseSize(text)
		require.NoError(t, err)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "5", "GiB", "-1GiB", "1GB", "1e30TiB", "0B"} {
		_, err := retention.ParseSize(text)
		require.ErrorContains(t, err, "such as 200GiB", text)
	}
	require.Equal(t, "-", retention.AgeText(0))
	require.Equal(t, "7 days", retention.AgeText(7*24*time.Hour))
	require.Equal(t, 1, strings.Count(retention.AgeText(24*time.Hour), "day"))
}
