package activities

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestHeartbeatInterval(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[time.Duration]time.Duration{
		60 * time.Second: 30 * time.Second,
		44 * time.Second: 22 * time.Second,
		30 * time.Second: 8 * time.Second,
		24 * time.Second: 6 * time.Second,
		10 * time.Second: 2500 * time.Millisecond,
		time.Second:      250 * time.Millisecond,
	} {
		require.Equal(t, want, interval(timeout), "heartbeat timeout %s", timeout)
	}
	for timeout := 30 * time.Second; timeout <= 10*time.Minute; timeout += time.Second {
		require.GreaterOrEqual(t, timeout-interval(timeout), outageMargin, "the outage that %s survives", timeout)
	}
}

func TestOnlyAProgramIsHurried(t *testing.T) {
	t.Parallel()
	require.Equal(t, 30*time.Second, patience(spec.Daemon{}, 30*time.Second))
	require.Equal(t, 25*time.Second, patience(spec.Daemon{Program: &spec.Program{}}, 30*time.Second))
}

func openRecords(t *testing.T, dir string) *Records {
	t.Helper()
	records, err := OpenRecords(dir, "worker-1", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return records
}

func listRecords(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	require.NoError(t, err)
	for i, file := range files {
		files[i] = filepath.Base(file)
	}
	return files
}

func TestRecords(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "running")
	records := openRecords(t, dir)
	require.NoError(t, records.put(record{ID: "daemon/AUTO_SYNC", Epoch: 1}))
	require.NoError(t, records.put(record{ID: "daemon/AUTO_SYNC", Epoch: 2}))
	require.NoError(t, records.put(record{ID: "daemon/AUTO_SYNC@node-1.example", Epoch: 1}))
	require.NoError(t, records.put(record{ID: "daemon/AUTO_SYNC@../../etc", Epoch: 1}))
	require.Len(t, listRecords(t, dir), 3, "one file a daemon, none outside the folder")

	records.remove("daemon/AUTO_SYNC", 1)
	require.Len(t, listRecords(t, dir), 3, "the record of the newer attempt stays")
	records.remove("daemon/AUTO_SYNC", 2)
	records.remove("daemon/AUTO_SYNC", 2)
	records.remove("daemon/STRANGER", 2)
	require.Len(t, listRecords(t, dir), 2)
	left, err := filepath.Glob(filepath.Join(dir, "*.tmp"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestRecordsNeedTheirFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := OpenRecords(filepath.Join(file, "running"), "worker-1", slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "make folder for running daemons")
}

// Rename makes the records those of the worker of that name: an SDK worker's is its client's.
func (r *Records) Rename(identity string) *Records {
	r.identity = identity
	return r
}
