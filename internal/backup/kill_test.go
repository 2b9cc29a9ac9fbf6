package backup_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/backup"
)

// child makes this binary a process that backs up or restores, and is killed on the way.
const child = "BACKUP_TEST_CHILD"

func TestMain(m *testing.M) {
	if act := os.Getenv(child); act != "" {
		os.Exit(childMain(act))
	}
	os.Exit(m.Run())
}

func childMain(act string) (code int) {
	config := backup.Config{DataDir: os.Args[1], ClusterDir: os.Args[2], BusURL: os.Args[3]}
	config.Report = func(backup.Progress) { fmt.Println("part") }
	var err error
	if act == "backup" {
		_, err = backup.Backup(context.Background(), config, os.Args[4])
	} else {
		_, err = backup.Restore(context.Background(), config, os.Args[4])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// killed runs a child and kills it after a number of parts; it says whether the child was done before.
func killed(t *testing.T, act string, config backup.Config, archive string, parts int) (done bool) {
	t.Helper()
	binary, err := os.Executable()
	require.NoError(t, err)
	command := exec.Command(binary, config.DataDir, config.ClusterDir, config.BusURL, archive)
	command.Env = append(os.Environ(), child+"="+act)
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	for line := make([]byte, 5); parts > 0; parts-- {
		if _, err := output.Read(line); err != nil {
			break
		}
	}
	_ = command.Process.Kill() // it may have ended
	var ending *exec.ExitError
	err = command.Wait()
	require.True(t, err == nil || errors.As(err, &ending) && !ending.Exited(), "the child failed by itself: %v", err)
	return err == nil
}

func TestKilledBackupLeavesNoArchive(t *testing.T) {
	t.Parallel()
	source := newInstallation(t)
	require.NoError(t, source.step(t.Context(), 1))
	archive := target(t, "archive.tar")
	for parts := range 14 {
		if killed(t, "backup", source.config, archive, parts) {
			requireVerified(t, archive)
			require.NoError(t, os.Remove(archive))
		}
		require.NoFileExists(t, archive, "killed after %d parts", parts)
	}
	_, err := backup.Backup(t.Context(), source.config, archive)
	require.NoError(t, err)
	requireVerified(t, archive)
	entries, err := os.ReadDir(filepath.Dir(archive))
	require.NoError(t, err)
	require.Len(t, entries, 1, "what the killed ones left is gone")
}

func TestKilledRestoreIsSeen(t *testing.T) {
	t.Parallel()
	archive, _ := kept(t, "archive.tar")
	for parts := range 10 {
		config := places(t)
		if killed(t, "restore", config, archive, parts) {
			continue
		}
		if _, err := os.Stat(filepath.Join(config.ClusterDir, "installation")); err == nil {
			continue // killed at the very end: the id comes last, so all of it is there
		}
		_, err := backup.Restore(t.Context(), config, archive)
		if err != nil {
			require.Regexp(t, "interrupted restore|is not empty", err.Error(), "killed after %d parts", parts)
			require.NoError(t, os.RemoveAll(config.DataDir))
			_, err = backup.Restore(t.Context(), config, archive)
		}
		require.NoError(t, err, "killed after %d parts", parts)
		requireRestored(t, config)
	}
}

func requireRestored(t *testing.T, config backup.Config) {
	t.Helper()
	require.FileExists(t, filepath.Join(config.ClusterDir, "installation"))
	require.Equal(t, 1, number(t, filepath.Join(config.ClusterDir, backup.LedgerFile), "SELECT max(depth) FROM queue_samples"))
	require.DirExists(t, filepath.Join(config.ClusterDir, "bus"))
	require.FileExists(t, filepath.Join(config.DataDir, "temporal", "temporal.db"))
}
