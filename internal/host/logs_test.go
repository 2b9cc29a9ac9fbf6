package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestLogNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, "AUTO_SYNC.log", logName(Assignment{Spec: spec.Daemon{Type: "AUTO_SYNC"}}))
	require.Equal(t, "AUTO_SYNC@node-1.log", logName(Assignment{Spec: spec.Daemon{Type: "AUTO_SYNC"}, Node: "node-1"}))
}

func TestLogIsRotated(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "logs", "NAP.log")
	log, err := openRotating(path, 100)
	require.NoError(t, err)
	record := strings.Repeat("x", 39) + "\n"
	for range 5 {
		n, err := log.Write([]byte(record))
		require.NoError(t, err)
		require.Equal(t, len(record), n)
	}
	require.NoError(t, log.Close())
	requireSize(t, path, 40)
	requireSize(t, path+".1", 80)

	log, err = openRotating(path, 100)
	require.NoError(t, err)
	for range 2 {
		_, err = log.Write([]byte(record))
		require.NoError(t, err)
	}
	require.NoError(t, log.Close())
	requireSize(t, path, 40)
	requireSize(t, path+".1", 80)
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 2, "one older file is kept")
}

func TestLogTakesARecordThatIsLongerThanItsLimit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "NAP.log")
	log, err := openRotating(path, 10)
	require.NoError(t, err)
	for range 2 {
		_, err = log.Write([]byte(strings.Repeat("x", 50)))
		require.NoError(t, err)
	}
	require.NoError(t, log.Close())
	requireSize(t, path, 50)
	requireSize(t, path+".1", 50)
}

func requireSize(t *testing.T, path string, size int64) {
	t.Helper()
	stat, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, size, stat.Size(), "%s", filepath.Base(path))
}
