package backup_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/backup"
)

// kept backs up a small installation.
func kept(t *testing.T, name string) (archive string, manifest backup.Manifest) {
	t.Helper()
	source := newInstallation(t)
	require.NoError(t, source.step(t.Context(), 1))
	archive = target(t, name)
	manifest, err := backup.Backup(t.Context(), source.config, archive)
	require.NoError(t, err)
	return archive, manifest
}

func TestDamagedPartIsNamed(t *testing.T) {
	t.Parallel()
	archive, manifest := kept(t, "archive")
	for _, part := range manifest.Parts {
		path := filepath.Join(archive, part.Name)
		whole, err := os.ReadFile(path)
		require.NoError(t, err)
		flipped := bytes.Clone(whole)
		if len(flipped) > 0 {
			flipped[len(flipped)/2] ^= 1
		}
		for damage, content := range map[string][]byte{"flipped": flipped, "short": whole[:max(len(whole)-1, 0)], "long": append(bytes.Clone(whole), 0)} {
			if bytes.Equal(content, whole) {
				continue // of an empty part nothing can be taken away
			}
			require.NoError(t, os.WriteFile(path, content, 0o600))
			requireRefused(t, archive, part.Name+": "+damage, "part "+part.Name)
		}
		require.NoError(t, os.Remove(path))
		requireRefused(t, archive, part.Name+": missing", "part "+part.Name)
		require.NoError(t, os.WriteFile(path, whole, 0o600))
	}
	requireVerified(t, archive)
}

func TestTarFileCutShortNamesWhatItLacks(t *testing.T) {
	t.Parallel()
	archive, manifest := kept(t, "archive.tar")
	requireVerified(t, archive)
	whole, err := os.ReadFile(archive)
	require.NoError(t, err)
	last := manifest.Parts[len(manifest.Parts)-1]
	for _, left := range []int{len(whole) * 99 / 100, len(whole) / 2, len(whole) / 10} {
		cut := filepath.Join(t.TempDir(), "cut.tar")
		require.NoError(t, os.WriteFile(cut, whole[:left], 0o600))
		requireRefused(t, cut, "cut short", "part "+last.Name)
	}
	cut := filepath.Join(t.TempDir(), "cut.tar")
	require.NoError(t, os.WriteFile(cut, whole[:100], 0o600))
	requireRefused(t, cut, "no manifest", "manifest.json")
}

func TestManifestOfAnotherIsRefused(t *testing.T) {
	t.Parallel()
	archive, _ := kept(t, "archive")
	path := filepath.Join(archive, "manifest.json")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, bytes.Replace(text, []byte(id), []byte("other"), 1), 0o600))
	requireRefused(t, archive, "altered", "manifest.json")
}

// requireRefused says that neither a check nor a restore takes the archive, and that the folders stay as they were.
func requireRefused(t *testing.T, archive, damage, named string) {
	t.Helper()
	config := places(t)
	_, err := backup.Restore(t.Context(), config, archive)
	require.ErrorIs(t, err, backup.ErrCorrupt, damage)
	require.ErrorContains(t, err, named, damage)
	require.NoDirExists(t, config.DataDir, damage)
}

func requireVerified(t *testing.T, path string) {
	t.Helper()
	archive, err := backup.Open(path)
	require.NoError(t, err)
	require.NoError(t, archive.Verify(t.Context(), nil))
	require.NoError(t, archive.Close())
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	archive, _ := kept(t, "archive.tar")
	other := places(t)
	other.OwnBus = true
	_, err := backup.Restore(t.Context(), other, archive)
	require.ErrorContains(t, err, "NATS_URL")
	other = places(t)
	other.OwnLedger = true
	_, err = backup.Restore(t.Context(), other, archive)
	require.ErrorContains(t, err, "STORE_DSN")
	require.NoDirExists(t, other.DataDir)

	used := places(t)
	write(t, filepath.Join(used.DataDir, "worker.lock"), "")
	_, err = backup.Restore(t.Context(), used, archive)
	require.ErrorContains(t, err, "DATA_DIR "+used.DataDir+" is not empty, it holds worker.lock")
	cluster := filepath.Join(t.TempDir(), "cluster")
	write(t, filepath.Join(cluster, "installation"), "another")
	_, err = backup.Restore(t.Context(), backup.Config{DataDir: t.TempDir(), ClusterDir: cluster}, archive)
	require.ErrorContains(t, err, "CLUSTER_DIR "+cluster+" is not empty")

	_, err = backup.Backup(t.Context(), used, archive)
	require.ErrorIs(t, err, os.ErrExist, "never written over")
	_, err = backup.Backup(t.Context(), used, target(t, "archive.tar"))
	require.ErrorContains(t, err, "nothing was ever up in this CLUSTER_DIR")
}

// A restore that fails half way leaves the folders as they were, and one that succeeds leaves no trace of itself.
func TestFailedRestoreLeavesNothing(t *testing.T) {
	t.Parallel()
	archive, _ := kept(t, "archive.tar")
	config := places(t)
	ctx, cancel := context.WithCancel(t.Context())
	parts := 0
	config.Report = func(backup.Progress) {
		if parts++; parts == 4 {
			cancel()
		}
	}
	_, err := backup.Restore(ctx, config, archive)
	require.ErrorIs(t, err, context.Canceled)
	require.NoDirExists(t, config.DataDir)

	config.Report = nil
	_, err = backup.Restore(t.Context(), config, archive)
	require.NoError(t, err)
	require.NoError(t, filepath.WalkDir(config.DataDir, func(path string, _ fs.DirEntry, err error) error {
		require.False(t, strings.Contains(path, ".restoring"), path)
		return err
	}))
	_, err = backup.Restore(t.Context(), config, archive)
	require.ErrorContains(t, err, "is not empty")
}

// Somebody writes into DATA_DIR while it is restored: what cannot be moved there leaves no installation behind.
func TestRestoreThatCannotMoveAPartMakesNoInstallation(t *testing.T) {
	t.Parallel()
	archive, _ := kept(t, "archive")
	config := places(t)
	config.Report = func(backup.Progress) { write(t, filepath.Join(config.DataDir, "events", "in", "other.json"), "{}") }
	_, err := backup.Restore(t.Context(), config, archive)
	require.Error(t, err)
	require.NoFileExists(t, filepath.Join(config.ClusterDir, "installation"))
}
