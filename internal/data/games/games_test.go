package games

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/data/format"
)

func digestOf(t *testing.T, path string) Digest {
	t.Helper()
	digest, err := ReadDigest(t.Context(), path)
	require.NoError(t, err)
	return digest
}

func ids(first, count int) []string {
	var all []string
	for i := range count {
		all = append(all, fmt.Sprintf("game-%04d", first+i))
	}
	return all
}

// mergeFile merges a file into a store and returns what came of it.
func mergeFile(t *testing.T, source, store string) Merged {
	t.Helper()
	content, err := data.FileContent(t.Context(), source)
	require.NoError(t, err)
	merged, err := Merge(t.Context(), Merging{Source: source, SHA256: content.SHA256, Store: store, Aside: filepath.Join(t.TempDir(), "aside.db")})
	require.NoError(t, err)
	return merged
}

func TestDigestIsOfGamesNotOfPages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	forward := datatest.Store(t, filepath.Join(dir, "a.db"))
	backward := datatest.Store(t, filepath.Join(dir, "b.db"))
	for i, id := range ids(0, 30) {
		datatest.Play(t, forward, id, "completed", 9)
		datatest.Play(t, backward, ids(0, 30)[29-i], "completed", 9)
	}
	_, err := backward.Exec(`ALTER TABLE games ADD COLUMN parity_status TEXT`)
	require.NoError(t, err)
	_, err = backward.Exec(`VACUUM`)
	require.NoError(t, err)
	a, b := digestOf(t, filepath.Join(dir, "a.db")), digestOf(t, filepath.Join(dir, "b.db"))
	require.Equal(t, a, b, "order, numbering, page layout and empty columns are no content")
	require.Equal(t, int64(30), a.Games)
	require.Equal(t, int64(30*9), a.Moves)
	datatest.Play(t, forward, "still-played", "active", 3)
	active := digestOf(t, filepath.Join(dir, "a.db"))
	require.Equal(t, int64(1), active.Active)
	require.Equal(t, a.SHA256, active.SHA256, "a game that is not over does not count")
	for name, change := range map[string]string{
		"value": `UPDATE game_moves SET move_json = 'x' WHERE game_id = 'game-0007' AND move_number = 3`,
		"child": `DELETE FROM game_choices WHERE game_id = 'game-0008' AND choice = 'left'`,
		"blob":  `UPDATE game_moves SET search = x'0102ff' WHERE game_id = 'game-0009' AND move_number = 2`,
		"text":  `UPDATE games SET completed_at = '2025-12-24T18:00:00Z' WHERE game_id = 'game-0001'`,
		"twin":  `DELETE FROM notes WHERE rowid = (SELECT min(rowid) FROM notes)`,
	} {
		before := digestOf(t, filepath.Join(dir, "a.db"))
		_, err = forward.Exec(change)
		require.NoError(t, err)
		require.NotEqual(t, before.SHA256, digestOf(t, filepath.Join(dir, "a.db")).SHA256, name)
	}
}

// playOn adds games until it is stopped.
func playOn(t *testing.T, db *sql.DB) (stop func()) {
	t.Helper()
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; !t.Failed(); i++ {
			select {
			case <-end:
				return
			default:
				datatest.Play(t, db, fmt.Sprintf("game-%06d", i), "completed", 9)
			}
		}
	}()
	stop = sync.OnceFunc(func() {
		close(end)
		<-ended
	})
	t.Cleanup(stop)
	return stop
}

// A writer adds games all the while: each snapshot is whole and of one moment, and the live file is not touched.
func TestSnapshotOfALiveStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := filepath.Join(dir, "live.db")
	db := datatest.Store(t, store)
	stop := playOn(t, db)
	var last int64
	for i := range 3 {
		target := filepath.Join(dir, fmt.Sprintf("snapshot-%d.db", i))
		require.NoError(t, Snapshot(t.Context(), store, target))
		require.Equal(t, format.Verdict{State: format.Valid}, format.Judge(t.Context(), target, target))
		digest := digestOf(t, target)
		require.GreaterOrEqual(t, digest.Games, last)
		require.Equal(t, digest.Games*9, digest.Moves, "no game is there in part")
		last = digest.Games
		require.NoFileExists(t, target+"-wal")
		header, err := os.ReadFile(target)
		require.NoError(t, err)
		require.Equal(t, []byte{1, 1}, header[18:20], "a snapshot is no WAL database: reading it would leave files beside it")
	}
	stop()
	require.FileExists(t, store+"-wal", "reading did not checkpoint")
	require.NoError(t, Snapshot(t.Context(), store, filepath.Join(dir, "final.db")))
	require.Equal(t, digestOf(t, store), digestOf(t, filepath.Join(dir, "final.db")))
}

// The writers of a database without a write-ahead log lock it whole: a snapshot waits for them.
func TestSnapshotWaitsForAWriter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := datatest.Games(t, filepath.Join(dir, "store.db"), ids(0, 3)...)
	db, err := sql.Open("sqlite", format.DSN(store, "_txlock=exclusive"))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	tx, err := db.Begin()
	require.NoError(t, err)
	_, err = tx.Exec(`UPDATE games SET winner = 2`)
	require.NoError(t, err)
	taken := make(chan error, 1)
	go func() { taken <- Snapshot(t.Context(), store, filepath.Join(dir, "snapshot.db")) }()
	require.Never(t, func() bool { return len(taken) > 0 }, 200*time.Millisecond, 20*time.Millisecond)
	require.NoError(t, tx.Commit())
	require.NoError(t, <-taken)
	require.Equal(t, digestOf(t, store), digestOf(t, filepath.Join(dir, "snapshot.db")))
}

func TestFailedSnapshotLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target := filepath.Join(dir, "snapshot.db")
	require.Error(t, Snapshot(t.Context(), filepath.Join(dir, "absent.db"), target))
	require.NoFileExists(t, target)
	datatest.Write(t, filepath.Join(dir, "broken.db"), datatest.Bytes(8192, "broken"))
	err := Snapshot(t.Context(), filepath.Join(dir, "broken.db"), target)
	require.True(t, format.IsDamaged(err), "%v", err)
	require.NoFileExists(t, target)
}

func TestCutTakesEachCompleteGameOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := filepath.Join(dir, "live.db")
	db := datatest.Store(t, store)
	cutter, err := OpenCutter(t.Context(), filepath.Join(dir, "cuts.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, cutter.Close()) }()
	for _, id := range ids(0, 7) {
		datatest.Play(t, db, id, "completed", 9)
	}
	datatest.Play(t, db, "game-0003-short", "finished", 2)
	datatest.Play(t, db, "game-0003-active", "active", 9)
	cut := func(into string, limit int) Segment {
		segment, err := cutter.Cut(t.Context(), "live.db", store, filepath.Join(dir, into), limit)
		require.NoError(t, err)
		return segment
	}
	first := cut("1.db", 5)
	require.Equal(t, ids(0, 5), first.Games)
	require.True(t, first.More)
	require.Equal(t, []Fault{{"game-0003-short", "it has 2 moves, at least 5 are needed"}}, first.Faults)
	require.Equal(t, first.Games, cut("1-again.db", 5).Games, "not confirmed, so cut again")
	one, err := data.FileContent(t.Context(), filepath.Join(dir, "1.db"))
	require.NoError(t, err)
	again, err := data.FileContent(t.Context(), filepath.Join(dir, "1-again.db"))
	require.NoError(t, err)
	require.Equal(t, one, again, "the same games make the same bytes")
	require.Equal(t, format.Verdict{State: format.Valid}, format.Judge(t.Context(), "1.db", filepath.Join(dir, "1.db")))
	require.NoError(t, cutter.Confirm(t.Context(), first, one.SHA256))

	// Numbering rows anew, as a vacuum does, and older games that finish later, leave nothing out.
	_, err = db.Exec(`DELETE FROM games WHERE game_id = 'game-0000'; VACUUM; UPDATE games SET game_status = 'completed' WHERE game_id = 'game-0003-active'`)
	require.NoError(t, err)
	second := cut("2.db", 5)
	require.Equal(t, []string{"game-0003-active", "game-0005", "game-0006"}, second.Games)
	require.False(t, second.More)
	two, err := data.FileContent(t.Context(), filepath.Join(dir, "2.db"))
	require.NoError(t, err)
	require.NoError(t, cutter.Confirm(t.Context(), second, two.SHA256))
	third := cut("3.db", 5)
	require.Empty(t, third.Games)
	require.NoFileExists(t, filepath.Join(dir, "3.db"))

	// The segments together are the store.
	mergeFile(t, filepath.Join(dir, "1.db"), filepath.Join(dir, "merged.db"))
	mergeFile(t, filepath.Join(dir, "2.db"), filepath.Join(dir, "merged.db"))
	require.Equal(t, int64(8), digestOf(t, filepath.Join(dir, "merged.db")).Games)
}

func TestMergeTwiceInAnyOrderIsTheSame(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := datatest.Games(t, filepath.Join(dir, "a.db"), ids(0, 300)...) // more than a batch
	b := datatest.Games(t, filepath.Join(dir, "b.db"), ids(250, 60)...)
	one, two := filepath.Join(dir, "one.db"), filepath.Join(dir, "two.db")
	require.Equal(t, 300, mergeFile(t, a, one).Inserted)
	overlap := mergeFile(t, b, one)
	require.Equal(t, 10, overlap.Inserted)
	require.Equal(t, 50, overlap.Duplicates)
	once := digestOf(t, one)
	require.True(t, mergeFile(t, a, one).Known)
	require.Equal(t, once, digestOf(t, one))
	mergeFile(t, b, two)
	mergeFile(t, a, two)
	require.Equal(t, once, digestOf(t, two))
	all := datatest.Games(t, filepath.Join(dir, "all.db"), ids(0, 310)...)
	require.Equal(t, digestOf(t, all), once, "all tables came along, row by row")
	require.Equal(t, format.Verdict{State: format.Valid}, format.JudgeLive(t.Context(), one))
}

func TestMergeIntoAStoreOfAnotherSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := datatest.Games(t, filepath.Join(dir, "source.db"), ids(0, 3)...)
	store := filepath.Join(dir, "store.db")
	db, err := sql.Open("sqlite", format.DSN(store, ""))
	require.NoError(t, err)
	// Columns in another order, one that is missing, one with a value of its own, a trigger that demands moves first.
	_, err = db.Exec(`CREATE TABLE games (parity TEXT DEFAULT 'none', game_status TEXT, game_id TEXT PRIMARY KEY, total_moves INTEGER);
		CREATE TABLE game_moves (move_number INTEGER, game_id TEXT, move_json TEXT, PRIMARY KEY (game_id, move_number));
		CREATE TABLE notes (game_id TEXT);
		CREATE TRIGGER early BEFORE INSERT ON games WHEN (SELECT count(*) FROM game_moves WHERE game_id = NEW.game_id) < 5
			OR (SELECT count(*) FROM notes WHERE game_id = NEW.game_id) < 2 BEGIN SELECT RAISE(ABORT, 'moves first'); END;
		CREATE TRIGGER unwanted BEFORE INSERT ON games WHEN NEW.game_id = 'game-0001' BEGIN SELECT RAISE(ABORT, 'unwanted'); END;`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	merged := mergeFile(t, source, store)
	require.Equal(t, 2, merged.Inserted)
	require.Len(t, merged.Faults, 1, "one refused game does not keep the others out")
	require.Contains(t, merged.Faults[0].Reason, "unwanted")
	again, err := Merge(t.Context(), Merging{Source: source, SHA256: data.Sum{1}, Store: store, Aside: filepath.Join(dir, "aside.db")})
	require.NoError(t, err)
	require.Equal(t, 2, again.Duplicates, "a default of the store is no conflict")
	require.NoFileExists(t, filepath.Join(dir, "aside.db"))
}

func TestConflictIsKeptAside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := filepath.Join(dir, "store.db")
	mergeFile(t, datatest.Games(t, filepath.Join(dir, "first.db"), ids(0, 4)...), store)
	before := digestOf(t, store)
	other := filepath.Join(dir, "other.db")
	datatest.Games(t, other, ids(2, 4)...)
	db, err := sql.Open("sqlite", format.DSN(other, ""))
	require.NoError(t, err)
	_, err = db.Exec(`UPDATE games SET winner = 2 WHERE game_id = 'game-0002'`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	aside := filepath.Join(dir, "aside.db")
	merged, err := Merge(t.Context(), Merging{Source: other, SHA256: data.Sum{2}, Store: store, Aside: aside})
	require.NoError(t, err)
	require.Equal(t, Merged{Inserted: 2, Duplicates: 1, Conflicting: 1, Conflicts: []string{"game-0002"}}, merged)
	require.Equal(t, before.Games+2, digestOf(t, store).Games)
	require.Equal(t, int64(1), digestOf(t, aside).Games)
	require.Equal(t, format.Verdict{State: format.Valid}, format.Judge(t.Context(), aside, aside))
}

func TestCompletenessIsPerGame(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		board         string
		players, want int
	}{
		{"hex8", 2, 20}, {"square8", 3, 30}, {"square8", 4, 40}, {"square19", 2, 50}, {"hexagonal", 3, 80}, {"hexagonal", 4, 100},
		{"sq5", 2, 5}, {"hex8", 0, 5}, {"hex8", 9, 5}, {"", 2, 5},
	} {
		require.Equal(t, test.want, MinimumMoves(test.board, test.players), "%s with %d players", test.board, test.players)
	}
	path := filepath.Join(t.TempDir(), "store.db")
	db := datatest.Store(t, path)
	datatest.Play(t, db, "good", "completed", 5)
	datatest.Play(t, db, "short", "finished", 4)
	datatest.Play(t, db, "liar", "completed", 9)
	datatest.Play(t, db, "open", "active", 1)
	_, err := db.Exec(`DELETE FROM game_moves WHERE game_id = 'liar' AND move_number = 4`)
	require.NoError(t, err)
	_, got, err := Examine(t.Context(), path)
	require.NoError(t, err)
	require.Equal(t, Completeness{Complete: 1, Active: 1, Faulty: 2, Faults: []Fault{
		{"liar", "it has 8 moves and says 9"}, {"short", "it has 4 moves, at least 5 are needed"},
	}}, got)
}

func TestForeignSchemaIsNotExecuted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := filepath.Join(dir, "hostile.db")
	db, err := sql.Open("sqlite", format.DSN(source, ""))
	require.NoError(t, err)
	_, err = db.Exec(`CREATE TABLE games (game_id TEXT PRIMARY KEY, game_status TEXT, total_moves INTEGER);
		CREATE TABLE game_moves (game_id TEXT, move_number INTEGER);
		CREATE TABLE "x"") ; DROP TABLE games; --" (game_id TEXT, "a""b); --" "TEXT); DROP TABLE games; --", c DEFAULT (1/0));
		INSERT INTO games VALUES ('g', 'completed', 5);
		INSERT INTO game_moves VALUES ('g', 1), ('g', 2), ('g', 3), ('g', 4), ('g', 5);
		INSERT INTO "x"") ; DROP TABLE games; --" VALUES ('g', 'v', 1);
		CREATE TRIGGER t AFTER INSERT ON games BEGIN DELETE FROM games; END;`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	store := filepath.Join(dir, "store.db")
	require.Equal(t, 1, mergeFile(t, source, store).Inserted)
	require.Equal(t, digestOf(t, source), digestOf(t, store))
}

// Segments are cut, and merged into a store, while a writer goes on and another process reads.
func TestSegmentsOfALiveStoreAddUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, merged := filepath.Join(dir, "live.db"), filepath.Join(dir, "merged.db")
	db := datatest.Store(t, store)
	cutter, err := OpenCutter(t.Context(), filepath.Join(dir, "cuts.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, cutter.Close()) }()
	stop := playOn(t, db)
	total := 0
	cut := func(limit int) (more bool) {
		segment, err := cutter.Cut(t.Context(), "live.db", store, filepath.Join(dir, "segment.db"), limit)
		require.NoError(t, err)
		if len(segment.Games) == 0 {
			return false
		}
		require.Equal(t, len(segment.Games), mergeFile(t, filepath.Join(dir, "segment.db"), merged).Inserted)
		require.NoError(t, cutter.Confirm(t.Context(), segment, data.Sum{byte(total)}))
		total += len(segment.Games)
		return segment.More
	}
	for total < 40 { // the writer may be faster than the cuts
		cut(20)
	}
	stop()
	for cut(1000) {
	}
	require.Equal(t, digestOf(t, store), digestOf(t, merged))
	require.Equal(t, int64(total), digestOf(t, merged).Games, "no game was cut twice")
}
