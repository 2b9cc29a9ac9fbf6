package data

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data/datatest"
)

// addSegment adds games as they are cut: their name is made from their bytes.
func addSegment(t *testing.T, dir *Dir, games ...string) Item {
	t.Helper()
	file := datatest.Games(t, filepath.Join(t.TempDir(), "games.db"), games...)
	item, err := dir.AddFile(t.Context(), file, RoleSegment, func(content Content) string { return "sq5_2p/" + content.SHA256.String() + ".db" })
	require.NoError(t, err)
	return item
}

// requireChanged says that the only item there was is changed, that nobody is offered it, and that it is put aside once.
func requireChanged(t *testing.T, dir *Dir, item Item) {
	t.Helper()
	require.Empty(t, rescan(t, dir).Items, "it is neither what it was nor anything else")
	require.Empty(t, dir.Find(item.SHA256))
	_, has := dir.Has(item.Place, item.SHA256)
	require.False(t, has)
	changed := dir.Changed()
	require.Len(t, changed, 1)
	require.Equal(t, item.Place, changed[0].Item.Place)
	require.Equal(t, item.SHA256, changed[0].Item.SHA256)
	moved, err := dir.QuarantineChanged()
	require.NoError(t, err)
	require.Len(t, moved, 1)
	require.Equal(t, item.SHA256, moved[0].Item.SHA256)
	require.False(t, moved[0].Genuine, "another copy is better")
	require.Contains(t, moved[0].Reason, changed[0].SHA256.String())
	require.NoFileExists(t, pathOf(t, dir, item.Place))
	require.Empty(t, rescan(t, dir).Items)
	require.Empty(t, dir.Changed())
	all, err := dir.QuarantinedFiles()
	require.NoError(t, err)
	require.Equal(t, moved, all)
}

// play writes into a segment as if it was a live store.
func play(t *testing.T, dir *Dir, item Item) {
	t.Helper()
	db := datatest.Store(t, pathOf(t, dir, item.Place))
	datatest.Play(t, db, "more", "completed", 9)
	require.NoError(t, db.Close())
}

func TestASegmentThatIsChangedInItsPlaceIsFound(t *testing.T) {
	t.Parallel()
	dir := openTest(t, t.TempDir())
	item := addSegment(t, dir, "g1")
	play(t, dir, item)
	requireChanged(t, dir, item)
}

func TestAChangeIsFoundAlsoAfterARestart(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	dir := openTest(t, path)
	item := addSegment(t, dir, "g1")
	play(t, dir, item)
	require.Empty(t, rescan(t, openTest(t, path)).Items, "nobody has put it aside yet")
	requireChanged(t, openTest(t, path), item)
}

func TestAFileThatTakesTheNameOfAnItemIsFound(t *testing.T) {
	t.Parallel()
	dir := openTest(t, t.TempDir())
	content := []byte("weights")
	item, err := add(t, dir, "sq5_2p/"+Sum(sha256.Sum256(content)).String()+".pth", content)
	require.NoError(t, err)
	other := datatest.Write(t, filepath.Join(t.TempDir(), "other"), []byte("other weights"))
	require.NoError(t, os.Rename(other, pathOf(t, dir, item.Place)))
	requireChanged(t, dir, item)
}

// A change that only the clock or the rights tell is none.
func TestATouchedItemIsTheSame(t *testing.T) {
	t.Parallel()
	dir := openTest(t, t.TempDir())
	item := addSegment(t, dir, "g1")
	require.NoError(t, os.Chtimes(pathOf(t, dir, item.Place), time.Time{}, time.Now().Add(-time.Hour)))
	require.NoError(t, os.Chmod(pathOf(t, dir, item.Place), 0o600))
	require.Len(t, rescan(t, dir).Items, 1)
	require.Len(t, dir.Find(item.SHA256), 1)
	require.Empty(t, dir.Changed())
}

// A good copy that has come to the place of a changed one meanwhile stays.
func TestAGoodCopyIsNotPutAsideForTheChangedOne(t *testing.T) {
	t.Parallel()
	dir := openTest(t, t.TempDir())
	item := addSegment(t, dir, "g1")
	content, err := os.ReadFile(pathOf(t, dir, item.Place))
	require.NoError(t, err)
	play(t, dir, item)
	require.Empty(t, rescan(t, dir).Items)
	changed := dir.Changed()
	require.Len(t, changed, 1)
	_, err = dir.Add(t.Context(), wanted(item.Role, item.Name, content), bytes.NewReader(content))
	require.NoError(t, err)
	require.Empty(t, dir.Changed())
	_, err = dir.quarantineChanged(changed[0])
	require.ErrorIs(t, err, ErrChanged)
	requireContent(t, dir, item.Place, content)
	require.Len(t, dir.Find(item.SHA256), 1)
}

// Somebody copies a segment here by hand: before it is whole it is no changed one.
func TestASegmentThatIsCopiedByHandIsNotChanged(t *testing.T) {
	t.Parallel()
	dir := openTest(t, t.TempDir())
	content, err := os.ReadFile(datatest.Games(t, filepath.Join(t.TempDir(), "games.db"), "g1"))
	require.NoError(t, err)
	want := wanted(RoleSegment, "sq5_2p/"+Sum(sha256.Sum256(content)).String()+".db", content)
	require.NoError(t, os.MkdirAll(filepath.Dir(pathOf(t, dir, want.Place)), 0o755))
	for _, part := range [][]byte{content[:len(content)/2], content} {
		datatest.Write(t, pathOf(t, dir, want.Place), part)
		rescan(t, dir)
		require.Empty(t, dir.Changed())
	}
	require.Len(t, dir.Find(want.SHA256), 1)
}
