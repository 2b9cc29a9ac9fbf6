package workload_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
)

func folderHash(t *testing.T, dir string) string {
	t.Helper()
	hash, err := workload.HashFolder(dir)
	require.NoError(t, err)
	return hash
}

// TestTheHashOfAFolderIsThatOfItsContents changes one thing at a time.
func TestTheHashOfAFolderIsThatOfItsContents(t *testing.T) {
	t.Parallel()
	file := func(path string) func(string) error {
		return func(dir string) error {
			path = filepath.Join(dir, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			return os.WriteFile(path, []byte("x"), 0o644)
		}
	}
	for name, change := range map[string]struct {
		act   func(dir string) error
		other bool
	}{
		"nothing":         {func(string) error { return nil }, false},
		"a time":          {func(dir string) error { return os.Chtimes(filepath.Join(dir, "a"), time.Time{}, time.Unix(1, 0)) }, false},
		"compiled files":  {file("__pycache__/a.pyc"), false},
		"hidden files":    {file(".git/config"), false},
		"an empty folder": {func(dir string) error { return os.Mkdir(filepath.Join(dir, "empty"), 0o755) }, false},
		"contents":        {func(dir string) error { return os.WriteFile(filepath.Join(dir, "a"), []byte("b"), 0o644) }, true},
		"executable":      {func(dir string) error { return os.Chmod(filepath.Join(dir, "a"), 0o755) }, true},
		"a name":          {func(dir string) error { return os.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "b")) }, true},
		"a file more":     {file("sub/c"), true},
		"a link":          {func(dir string) error { return os.Symlink("a", filepath.Join(dir, "link")) }, true},
	} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "a"), []byte("a"), 0o644))
		before := folderHash(t, dir)
		require.NoError(t, change.act(dir), name)
		require.Equal(t, change.other, before != folderHash(t, dir), name)
	}
}

func TestAFolderWithAWayOutHasNoHash(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/etc/hostname", "../outside", "sub/../../outside"} {
		dir := t.TempDir()
		require.NoError(t, os.Symlink(target, filepath.Join(dir, "link")))
		_, err := workload.HashFolder(dir)
		require.ErrorContains(t, err, "outside the folder", target)
	}
}
