package data

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
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

// later is a clock behind which every file has settled.
func later() time.Time { return time.Now().Add(time.Hour) }

func openTest(t testing.TB, path string) *Dir {
	t.Helper()
	dir, err := Open(Config{Path: path, Node: "node-1", Now: later})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, dir.Close()) })
	return dir
}

func wanted(role Role, name string, content []byte) Item {
	return Item{Place: Place{role, name}, SHA256: sha256.Sum256(content), Bytes: int64(len(content))}
}

func rescan(t testing.TB, dir *Dir) Inventory {
	t.Helper()
	inventory, err := dir.Scan(t.Context(), ScanLimits{})
	require.NoError(t, err)
	return inventory
}

func pathOf(t testing.TB, dir *Dir, place Place) string {
	t.Helper()
	path, err := dir.Path(place)
	require.NoError(t, err)
	return path
}

// hidden are the names in a role's folder that no reader looks at.
func hidden(t testing.TB, dir *Dir, role Role) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir.folders[role].Name(), ".*"))
	require.NoError(t, err)
	return found
}

func TestNamesCannotLeaveTheirFolder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"model.pth", "hex8_2p/a.npz", "node-1/a+b=c@d.db", strings.Repeat("x", maxPart)} {
		require.NoError(t, CheckName(name, 3), name)
	}
	for _, name := range []string{
		"", ".", "..", "../x", "a/../b", "a//b", "/a", "a/", ".hidden", "a/.hidden", "a\\b", "a\x00b", "a b", "a%2fb", "é",
		"a/b/c/d", strings.Repeat("x", maxPart+1), "-rf",
	} {
		require.Error(t, CheckName(name, 3), "%q", name)
	}
	dir := openTest(t, t.TempDir())
	for _, place := range []Place{{RoleModel, "../../etc/passwd"}, {"", "x"}, {"../models", "x"}, {RoleStore, "synced/x"}} {
		_, err := dir.Path(place)
		require.Error(t, err, "%s", place)
	}
}

func TestConfigKeyIsInTheName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"canonical_hex8_2p.db": "hex8_2p", "sq5_3p/0a1b.db": "sq5_3p", "node-1/hexagonal_4p.npz": "hexagonal_4p",
		"square19_2p": "square19_2p", "best.pth": "", "hex8_2px.db": "", "hex8_2p-v2.pth": "hex8_2p",
	} {
		require.Equal(t, want, ConfigKey(name), name)
	}
}

func TestSumHasOneSpelling(t *testing.T) {
	t.Parallel()
	sum := Sum(sha256.Sum256(nil))
	parsed, err := ParseSum(sum.String())
	require.NoError(t, err)
	require.Equal(t, sum, parsed)
	for _, text := range []string{"", strings.ToUpper(sum.String()), sum.String()[1:], sum.String() + "0", strings.Repeat("g", 64)} {
		_, err := ParseSum(text)
		require.Error(t, err, "%q", text)
	}
}

func TestAddedFileIsAtItsPlaceOnlyIfItIsRight(t *testing.T) {
	t.Parallel()
	dir := openTest(t, t.TempDir())
	content := datatest.Bytes(3*ChunkBytes+17, "right")
	want := wanted(RoleModel, "hex8_2p/a.pth", content)
	item, err := dir.Add(t.Context(), want, bytes.NewReader(content))
	require.NoError(t, err)
	require.Equal(t, "hex8_2p", item.ConfigKey)
	got, err := os.ReadFile(pathOf(t, dir, want.Place))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got))

	flipped := bytes.Clone(content)
	flipped[ChunkBytes+5] ^= 1
	for name, source := range map[string][]byte{"flipped": flipped, "short": content[:len(content)-1], "long": append(bytes.Clone(content), 0)} {
		_, err := dir.Add(t.Context(), wanted(RoleModel, name+".pth", content), bytes.NewReader(source))
		require.ErrorIs(t, err, ErrMismatch, name)
		require.NoFileExists(t, pathOf(t, dir, Place{RoleModel, name + ".pth"}))
	}
	_, err = dir.Add(t.Context(), wanted(RoleModel, "hex8_2p/a.pth", flipped), bytes.NewReader(content))
	require.ErrorIs(t, err, ErrMismatch)
	got, err = os.ReadFile(pathOf(t, dir, want.Place))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got), "the good file that was there stays")
	text := []byte("no database")
	_, err = dir.Add(t.Context(), wanted(RoleSegment, "hex8_2p/x.db", text), bytes.NewReader(text))
	require.ErrorIs(t, err, ErrCorrupt)
	require.NoFileExists(t, pathOf(t, dir, Place{RoleSegment, "hex8_2p/x.db"}))
	require.Empty(t, hidden(t, dir, RoleModel))
}

func TestUndecidedArrivalIsKept(t *testing.T) {
	t.Parallel()
	dir := openTest(t, t.TempDir())
	content, err := os.ReadFile(datatest.Games(t, filepath.Join(t.TempDir(), "games.db"), "g1"))
	require.NoError(t, err)
	want := wanted(RoleSynced, "node-2/games.db", content)
	arrival, err := dir.Receive(want)
	require.NoError(t, err)
	_, err = arrival.Write(content)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = arrival.Commit(ctx)
	require.ErrorIs(t, err, ErrUndecided)
	require.NoFileExists(t, pathOf(t, dir, want.Place))
	arrival, err = dir.Receive(want)
	require.NoError(t, err)
	kept, err := arrival.Resume(t.Context(), []Sum{want.SHA256})
	require.NoError(t, err)
	require.Equal(t, want.Bytes, kept)
	_, err = arrival.Commit(t.Context())
	require.NoError(t, err)
}

func TestResumeBelievesOnlyWhatItHashes(t *testing.T) {
	t.Parallel()
	dir := openTest(t, t.TempDir())
	content := datatest.Bytes(4*ChunkBytes+100, "resume")
	marks, err := ReadContent(t.Context(), bytes.NewReader(content))
	require.NoError(t, err)
	require.Len(t, marks.Marks, 5)
	want := wanted(RoleDataset, "a.bin", content)
	begin := func() *Arrival {
		arrival, err := dir.Receive(want)
		require.NoError(t, err)
		return arrival
	}
	arrival := begin()
	for i := range 3 {
		require.NoError(t, arrival.Append(content[i*ChunkBytes:(i+1)*ChunkBytes], marks.Marks[i]))
	}
	require.ErrorIs(t, arrival.Append(content[:ChunkBytes], marks.Marks[3]), ErrMismatch, "the wrong chunk")
	require.Equal(t, int64(3*ChunkBytes), arrival.Bytes())
	require.NoError(t, arrival.Close())

	// Half a chunk more, as a kill leaves it, and a byte that changed on the disk.
	partial, err := os.OpenFile(filepath.Join(dir.folders[RoleDataset].Name(), arrivingPrefix+want.SHA256.String()), os.O_RDWR, 0)
	require.NoError(t, err)
	_, err = partial.WriteAt(content[3*ChunkBytes:3*ChunkBytes+1000], 3*ChunkBytes)
	require.NoError(t, err)
	arrival = begin()
	kept, err := arrival.Resume(t.Context(), marks.Marks)
	require.NoError(t, err)
	require.Equal(t, int64(3*ChunkBytes), kept)
	require.NoError(t, arrival.Close())
	_, err = partial.WriteAt([]byte{content[ChunkBytes+7] ^ 1}, ChunkBytes+7)
	require.NoError(t, err)
	require.NoError(t, partial.Close())
	arrival = begin()
	kept, err = arrival.Resume(t.Context(), marks.Marks)
	require.NoError(t, err)
	require.Equal(t, int64(ChunkBytes), kept)
	_, err = arrival.Write(content[ChunkBytes:])
	require.NoError(t, err)
	_, err = arrival.Commit(t.Context())
	require.NoError(t, err)
	got, err := os.ReadFile(pathOf(t, dir, want.Place))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got))
}

func TestArrivalsExcludeEachOtherAndShareTheDisk(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	dir, err := Open(Config{Path: path, Node: "node-1"})
	require.NoError(t, err)
	defer func() { require.NoError(t, dir.Close()) }()
	free, err := freeBytes(path)
	require.NoError(t, err)
	large := Item{Place: Place{RoleModel, "large.pth"}, SHA256: Sum{1}, Bytes: min(free/2, MaxItemBytes)}
	first, err := dir.Receive(large)
	require.NoError(t, err)
	_, err = dir.Receive(large)
	require.ErrorIs(t, err, ErrBusy)
	second := Item{Place: Place{RoleDataset, "other.bin"}, SHA256: Sum{2}, Bytes: large.Bytes}
	dir.config.MinimumFree = free - 2*large.Bytes // so that free space tells, whatever the disk's size
	_, err = dir.Receive(second)
	require.ErrorIs(t, err, ErrNoSpace, "the disk is promised to the first one")
	require.NoError(t, first.Discard())
	dir.config.MinimumFree = 0
	arrival, err := dir.Receive(second)
	require.NoError(t, err, "a promise ends with its arrival")
	require.NoError(t, arrival.Discard())
	require.Empty(t, dir.space.promised[first.promise.device])
}

func TestLeftoversGoByAgeUnlessSomebodyGoesOn(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	dir := openTest(t, path) // its clock is an hour ahead
	abandoned, err := dir.Receive(Item{Place: Place{RoleSynced, "node-2/sub/a.db"}, SHA256: Sum{1}, Bytes: 10})
	require.NoError(t, err)
	_, err = abandoned.Write([]byte("12345"))
	require.NoError(t, err)
	require.NoError(t, abandoned.Close())
	busy, err := dir.Receive(Item{Place: Place{RoleModel, "b.pth"}, SHA256: Sum{2}, Bytes: 10})
	require.NoError(t, err)
	freed, err := dir.RemoveLeftovers(t.Context(), 2*time.Hour)
	require.NoError(t, err)
	require.Zero(t, freed, "too young")
	freed, err = dir.RemoveLeftovers(t.Context(), time.Minute)
	require.NoError(t, err)
	require.Equal(t, int64(5), freed)
	require.Len(t, hidden(t, dir, RoleModel), 1, "an open arrival is no leftover")
	require.NoError(t, busy.Discard())
}

func TestScanIsIncrementalAndSurvivesRestart(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	dir := openTest(t, path)
	models := dir.folders[RoleModel].Name()
	for i := range 5 {
		datatest.Write(t, filepath.Join(models, fmt.Sprintf("m%d.pth", i)), datatest.Bytes(1000, fmt.Sprint(i)))
	}
	datatest.Write(t, filepath.Join(models, ".hidden"), nil)
	datatest.Write(t, filepath.Join(models, "half.tmp"), nil)
	datatest.Write(t, filepath.Join(models, "bad name"), nil)
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(models, "link.pth")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(models, "pipe.pth"), 0o600))
	datatest.Games(t, filepath.Join(path, "games", "selfplay_hex8_2p.db"), "g1")
	part, err := dir.Scan(t.Context(), ScanLimits{HashBytes: 2500})
	require.NoError(t, err)
	require.Equal(t, 2, part.Pending, "the budget ends after three files")
	all := rescan(t, dir)
	require.Len(t, all.Items, 6)
	require.Zero(t, all.Pending)
	require.Equal(t, 3, all.Ignored)
	store := all.Items[5]
	require.Equal(t, Place{RoleStore, "selfplay_hex8_2p.db"}, store.Place)
	require.True(t, store.Live && store.SHA256.IsZero() && store.ConfigKey == "hex8_2p", "%+v", store)

	again := openTest(t, path)
	known, err := again.Scan(t.Context(), ScanLimits{HashBytes: 1}) // enough for one file
	require.NoError(t, err)
	require.Equal(t, all.Version, known.Version, "the hashes were remembered")

	datatest.Write(t, filepath.Join(models, "m3.pth"), datatest.Bytes(1000, "other"))
	_, err = again.OpenItem(all.Items[3])
	require.ErrorIs(t, err, ErrChanged)
	changed := rescan(t, again)
	require.NotEqual(t, all.Version, changed.Version)
	require.Equal(t, Sum(sha256.Sum256(datatest.Bytes(1000, "other"))), changed.Items[3].SHA256)
	require.NoError(t, os.Remove(filepath.Join(models, "m4.pth")))
	_, err = again.OpenItem(all.Items[4])
	require.ErrorIs(t, err, ErrNotHere)
	require.Len(t, rescan(t, again).Items, 5)
}

func TestFileThatMayStillBeWrittenIsPending(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	now := time.Now()
	dir, err := Open(Config{Path: path, Now: func() time.Time { return now }})
	require.NoError(t, err)
	defer func() { require.NoError(t, dir.Close()) }()
	info, err := os.Stat(datatest.Write(t, filepath.Join(path, "models", "new.pth"), []byte("x")))
	require.NoError(t, err)
	now = info.ModTime().Add(settleTime / 2)
	require.Equal(t, 1, rescan(t, dir).Pending)
	now = later()
	require.Len(t, rescan(t, dir).Items, 1)
}

// Files come with the times of other machines, and clocks step back: what was written in the future is none that is written now.
func TestAFileOfTheFutureIsListed(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	dir, err := Open(Config{Path: path})
	require.NoError(t, err)
	defer func() { require.NoError(t, dir.Close()) }()
	file := datatest.Write(t, filepath.Join(path, "models", "m.pth"), []byte("x"))
	require.NoError(t, os.Chtimes(file, time.Time{}, time.Now().Add(24*time.Hour)))
	require.Eventually(t, func() bool { return len(rescan(t, dir).Items) == 1 }, 10*time.Second, 10*time.Millisecond)
	datatest.Write(t, filepath.Join(path, "models", "n.pth"), []byte("y"))
	dir.config.Now = func() time.Time { return time.Now().Add(-24 * time.Hour) }
	require.Len(t, rescan(t, dir).Items, 2)
}

func TestDamagedIndexIsBuiltAgain(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	datatest.Write(t, filepath.Join(path, indexFile), datatest.Bytes(9000, "noise"))
	dir := openTest(t, path)
	datatest.Write(t, filepath.Join(path, "models", "m.pth"), []byte("x"))
	require.Len(t, rescan(t, dir).Items, 1)
}

func TestOnlyProvedCorruptionIsQuarantined(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	dir := openTest(t, path)
	model := datatest.Write(t, filepath.Join(path, "models", "m.pth"), []byte("weights"))
	games := datatest.Games(t, filepath.Join(path, "games", "live.db"), "g1")
	items := rescan(t, dir).Items
	for _, item := range items {
		verdict, err := dir.Verify(t.Context(), item)
		require.NoError(t, err)
		require.Equal(t, format.Verdict{State: format.Valid}, verdict, "%s", item.Place)
		_, err = dir.Quarantine(item, verdict)
		require.Error(t, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	verdict, err := dir.Verify(ctx, items[1])
	require.NoError(t, err)
	require.Equal(t, format.Unknown, verdict.State)
	_, err = dir.Quarantine(items[1], verdict)
	require.ErrorContains(t, err, "only what is proved corrupt is moved")

	// The disk gave back other bytes than were hashed: nothing in the file's identity shows it.
	rotten := items[0]
	rotten.SHA256 = Sum{7}
	dir.remember(rotten, dir.held[rotten.Place].identity)
	verdict, err = dir.Verify(t.Context(), rotten)
	require.NoError(t, err)
	require.Equal(t, format.Corrupt, verdict.State)
	moved, err := dir.Quarantine(rotten, verdict)
	require.NoError(t, err)
	require.NoFileExists(t, model)
	require.FileExists(t, games)
	_, has := dir.Lookup(rotten.Place)
	require.False(t, has)
	all, err := dir.QuarantinedFiles()
	require.NoError(t, err)
	require.Equal(t, []Quarantined{moved}, all)
	require.Contains(t, all[0].Reason, "sha256 is")

	datatest.Write(t, games, datatest.Bytes(8192, "noise"))
	datatest.Write(t, games+"-wal", nil)
	verdict, err = dir.Verify(t.Context(), items[1])
	require.NoError(t, err)
	require.Equal(t, format.Corrupt, verdict.State)
	_, err = dir.Quarantine(items[1], verdict)
	require.NoError(t, err)
	require.NoFileExists(t, games+"-wal", "its log went with it")
	gone, err := dir.RemoveQuarantined(24 * time.Hour)
	require.NoError(t, err)
	require.Empty(t, gone)
	gone, err = dir.RemoveQuarantined(0)
	require.NoError(t, err)
	require.Len(t, gone, 2)
	left, err := os.ReadDir(dir.quarantine.Name())
	require.NoError(t, err)
	require.Empty(t, left)
}

// A role's folder may be on another disk; a link inside it leads nowhere.
func TestFolderMayBeALink(t *testing.T) {
	t.Parallel()
	path, other := t.TempDir(), t.TempDir()
	require.NoError(t, os.Symlink(other, filepath.Join(path, "models")))
	dir := openTest(t, path)
	_, err := dir.Add(t.Context(), wanted(RoleModel, "a.pth", []byte("x")), strings.NewReader("x"))
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(other, "a.pth"))
	require.NoError(t, os.Symlink("/tmp", filepath.Join(other, "out")))
	_, err = dir.Receive(wanted(RoleModel, "out/b.pth", []byte("x")))
	require.Error(t, err)
	require.False(t, errors.Is(err, ErrBusy))
}
