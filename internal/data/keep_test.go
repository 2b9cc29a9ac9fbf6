package data

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/data/format"
)

func add(t *testing.T, dir *Dir, name string, content []byte) (Item, error) {
	t.Helper()
	return dir.Add(t.Context(), wanted(RoleModel, name, content), bytes.NewReader(content))
}

func requireContent(t *testing.T, dir *Dir, place Place, content []byte) {
	t.Helper()
	got, err := os.ReadFile(pathOf(t, dir, place))
	require.NoError(t, err)
	require.Equal(t, sha256.Sum256(content), sha256.Sum256(got))
}

// What arrives takes nobody's name: the file that is there may be the last of its kind.
func TestANameThatIsTakenStaysWithItsFile(t *testing.T) {
	t.Parallel()
	dir := openTest(t, t.TempDir())
	first, second := []byte("the first"), []byte("the second")
	for _, name := range []string{"hex8_2p/best.v2.pth", "hex9_2p", strings.Repeat("x", maxPart)} {
		item, err := add(t, dir, name, first)
		require.NoError(t, err)
		require.Equal(t, name, item.Name)
		other, err := add(t, dir, name, second)
		require.NoError(t, err)
		again, err := add(t, dir, name, second)
		require.NoError(t, err)
		require.Equal(t, other, again, "it is there already")
		requireContent(t, dir, item.Place, first)
		requireContent(t, dir, other.Place, second)
		require.Equal(t, item.ConfigKey, other.ConfigKey)
	}
	require.Len(t, rescan(t, dir).Items, 6)
	other, _ := dir.Has(Place{RoleModel, "hex8_2p/best.v2.pth"}, sha256.Sum256(second))
	require.Equal(t, "hex8_2p/best-"+other.SHA256.String()+".v2.pth", other.Name)
}

// Where the name is made from the content, whatever else is there is wrong, and what arrives mends it.
func TestAFileThatIsNotWhatItsNameSaysIsReplaced(t *testing.T) {
	t.Parallel()
	dir := openTest(t, t.TempDir())
	content := []byte("weights")
	name := "hex8_2p/" + Sum(sha256.Sum256(content)).String() + ".pth"
	item, err := add(t, dir, name, content)
	require.NoError(t, err)
	datatest.Write(t, pathOf(t, dir, item.Place), []byte("damaged"))
	_, err = add(t, dir, name, content)
	require.NoError(t, err)
	requireContent(t, dir, item.Place, content)
}

// Two daemons find the same copy corrupt, one of them moves it away and a good one comes: that stays.
func TestAGoodCopyIsNotQuarantinedForTheOneBeforeIt(t *testing.T) {
	t.Parallel()
	dir := openTest(t, t.TempDir())
	content := []byte("weights")
	item, err := add(t, dir, "m.pth", content)
	require.NoError(t, err)
	verdict := format.Verdict{State: format.Corrupt, Reason: "rotten"}
	_, err = dir.Quarantine(item, verdict)
	require.NoError(t, err)
	_, err = dir.Quarantine(item, verdict)
	require.ErrorIs(t, err, ErrNotHere)
	tick := func() bool { return time.Since(item.Modified) > 50*time.Millisecond } // the kernel's clock has moved on
	require.Eventually(t, tick, 10*time.Second, time.Millisecond)
	_, err = add(t, dir, "m.pth", content)
	require.NoError(t, err)
	_, err = dir.Quarantine(item, verdict)
	require.ErrorIs(t, err, ErrChanged)
	requireContent(t, dir, item.Place, content)
	all, err := dir.QuarantinedFiles()
	require.NoError(t, err)
	require.Len(t, all, 1)
}

// A scan that began before a file went does not list it again: others would count on the copy.
func TestAScanDoesNotBringBackWhatWent(t *testing.T) {
	t.Parallel()
	dir := openTest(t, t.TempDir())
	item, err := add(t, dir, "m.pth", []byte("weights"))
	require.NoError(t, err)
	s := &scan{dir: dir, begin: dir.changes, budget: 1 << 20, found: map[Place]held{}, changed: map[Place]Changed{}}
	require.NoError(t, s.walk(t.Context(), dir.folders[RoleModel]))
	_, err = dir.Quarantine(item, format.Verdict{State: format.Corrupt, Reason: "rotten"})
	require.NoError(t, err)
	dir.keep(s)
	require.Empty(t, dir.Inventory().Items)
	_, err = add(t, dir, "m.pth", []byte("weights"))
	require.NoError(t, err)
	require.Len(t, rescan(t, dir).Items, 1)
}

// A role's folder may be on another disk than the quarantine.
func TestQuarantineTakesFilesFromAnotherDisk(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	other, err := os.MkdirTemp("/dev/shm", "data-test-")
	if err != nil || deviceOf(t, other) == deviceOf(t, path) {
		t.Skip("this machine has no second disk at /dev/shm")
	}
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(other)) })
	require.NoError(t, os.Symlink(other, filepath.Join(path, "models")))
	dir := openTest(t, path)
	content := []byte("rotten weights")
	item, err := add(t, dir, "m.pth", content)
	require.NoError(t, err)
	moved, err := dir.Quarantine(item, format.Verdict{State: format.Corrupt, Reason: "rotten"})
	require.NoError(t, err)
	require.NoFileExists(t, filepath.Join(other, "m.pth"))
	got, err := os.ReadFile(filepath.Join(dir.quarantine.Name(), moved.File))
	require.NoError(t, err)
	require.Equal(t, content, got)
	require.Empty(t, rescan(t, dir).Items)

	// A process that dies while it copies leaves a part, which goes in its time.
	part := datatest.Write(t, filepath.Join(dir.quarantine.Name(), ".part"), []byte("rot"))
	_, err = dir.RemoveQuarantined(24 * time.Hour)
	require.NoError(t, err)
	require.FileExists(t, part)
	_, err = dir.RemoveQuarantined(0)
	require.NoError(t, err)
	left, err := os.ReadDir(dir.quarantine.Name())
	require.NoError(t, err)
	require.Empty(t, left)
}

// A reason that was damaged keeps those of other files from nobody, and its file stays.
func TestADamagedReasonHidesNoOther(t *testing.T) {
	t.Parallel()
	dir := openTest(t, t.TempDir())
	riddle := datatest.Write(t, filepath.Join(dir.quarantine.Name(), "1-model-riddle.pth"), []byte("weights"))
	datatest.Write(t, riddle+reasonSuffix, []byte("noise"))
	item, err := add(t, dir, "m.pth", []byte("weights"))
	require.NoError(t, err)
	moved, err := dir.Quarantine(item, format.Verdict{State: format.Corrupt, Reason: "rotten"})
	require.NoError(t, err)
	all, err := dir.QuarantinedFiles()
	require.NoError(t, err)
	require.Equal(t, []Quarantined{moved}, all)
	_, err = dir.RemoveQuarantined(0)
	require.NoError(t, err)
	require.FileExists(t, riddle)
}

func deviceOf(t *testing.T, path string) uint64 {
	t.Helper()
	var stat syscall.Stat_t
	require.NoError(t, syscall.Stat(path, &stat))
	return uint64(stat.Dev)
}
