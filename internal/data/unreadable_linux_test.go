package data

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// asNobody runs act as a user whose rights count, also where the tests are root's.
func asNobody(t *testing.T, act func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		act()
		return
	}
	const nobody = 65534
	runtime.LockOSThread() // it is this thread alone that has the other rights
	defer runtime.UnlockOSThread()
	_, err := unix.SetfsuidRetUid(nobody)
	require.NoError(t, err)
	defer func() { _, _ = unix.SetfsuidRetUid(0) }() // root may
	act()
}

// lockFolder takes away the right to read a folder, or what is in it.
func lockFolder(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	require.NoError(t, os.MkdirAll(path, 0o755))
	require.NoError(t, os.Chmod(path, mode))
	t.Cleanup(func() { require.NoError(t, os.Chmod(path, 0o755)) })
}

// A folder that cannot be read keeps nothing else from being listed, and what is in it is not gone. The one that each disk
// has at its root is nobody's.
func TestAFolderThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]scanResult{"lost+found": {ignored: 1}, "another": {pending: 1}, "names-only": {pending: 1}} {
		path := t.TempDir()
		dir := openTest(t, path)
		_, err := add(t, dir, "m.pth", []byte("x"))
		require.NoError(t, err)
		mode := os.FileMode(0)
		if name == "names-only" {
			mode = 0o444
			_, err := add(t, dir, name+"/n.pth", []byte("y"))
			require.NoError(t, err)
		}
		lockFolder(t, filepath.Join(path, "models", name), mode)
		s := &scan{dir: dir, begin: dir.changes, budget: 1 << 20, found: map[Place]held{}, changed: map[Place]Changed{}}
		asNobody(t, func() { err = s.walk(t.Context(), dir.folders[RoleModel]) })
		require.NoError(t, err, name)
		require.Len(t, s.found, 1, name)
		require.Equal(t, want, s.scanResult, name)
		asNobody(t, func() { _, err = dir.RemoveLeftovers(t.Context(), time.Hour) })
		require.NoError(t, err, name)
	}
}

func TestARoleThatCannotBeReadIsAFault(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	dir := openTest(t, path)
	lockFolder(t, filepath.Join(path, "models"), 0)
	s := &scan{dir: dir, found: map[Place]held{}, changed: map[Place]Changed{}}
	asNobody(t, func() { require.ErrorIs(t, s.walk(t.Context(), dir.folders[RoleModel]), os.ErrPermission) })
}
