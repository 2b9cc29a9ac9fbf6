package format_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/data/format"
)

func TestDatabases(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good, err := os.ReadFile(datatest.Games(t, filepath.Join(dir, "good.db"), "g1", "g2", "g3"))
	require.NoError(t, err)
	change := func(act func([]byte)) []byte {
		changed := bytes.Clone(good)
		act(changed)
		return changed
	}
	for name, test := range map[string]struct {
		content []byte
		want    format.State
	}{
		"good":               {good, format.Valid},
		"empty":              {nil, format.Corrupt},
		"text":               {[]byte("some text that is long enough to be a header, were it not for what it says; really long enough it is"), format.Corrupt},
		"truncated header":   {good[:60], format.Corrupt},
		"truncated":          {good[:len(good)-4096], format.Corrupt},
		"one byte less":      {good[:len(good)-1], format.Corrupt},
		"longer":             {append(bytes.Clone(good), make([]byte, 4096)...), format.Corrupt},
		"page size":          {change(func(b []byte) { binary.BigEndian.PutUint16(b[16:], 1000) }), format.Corrupt},
		"page overwritten":   {change(func(b []byte) { copy(b[8192:12288], datatest.Bytes(4096, "x")) }), format.Corrupt},
		"schema overwritten": {change(func(b []byte) { copy(b[100:4096], datatest.Bytes(3996, "x")) }), format.Corrupt},
	} {
		path := datatest.Write(t, filepath.Join(dir, "case.db"), test.content)
		verdict := format.Judge(t.Context(), "case.db", path)
		require.Equal(t, test.want, verdict.State, "%s: %s", name, verdict.Reason)
	}
}

func TestDatabaseWithoutGamesIsCorrupt(t *testing.T) {
	t.Parallel()
	for name, schema := range map[string]string{
		"no moves":    `CREATE TABLE games (game_id TEXT, game_status TEXT)`,
		"a view":      `CREATE TABLE t (a); CREATE VIEW games AS SELECT a AS game_id, a AS game_status FROM t; CREATE TABLE game_moves (game_id, move_number)`,
		"no status":   `CREATE TABLE games (game_id TEXT); CREATE TABLE game_moves (game_id, move_number)`,
		"no number":   `CREATE TABLE games (game_id, game_status); CREATE TABLE game_moves (game_id)`,
		"other names": `CREATE TABLE matches (a)`,
	} {
		path := filepath.Join(t.TempDir(), "x.db")
		db, err := sql.Open("sqlite", format.DSN(path, ""))
		require.NoError(t, err)
		_, err = db.Exec(schema)
		require.NoError(t, err)
		require.NoError(t, db.Close())
		require.Equal(t, format.Corrupt, format.Judge(t.Context(), "x.db", path).State, name)
	}
}

// A lock, the end of the time, an absent file: none of them proves anything.
func TestWhatIsNotProvedIsUnknown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := datatest.Games(t, filepath.Join(dir, "locked.db"), "g1")
	db, err := sql.Open("sqlite", format.DSN(path, "_txlock=exclusive"))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	tx, err := db.Begin()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	verdict := format.JudgeLive(ctx, path)
	require.Equal(t, format.Unknown, verdict.State, verdict.Reason)
	require.NoError(t, tx.Rollback())
	require.Equal(t, format.Valid, format.JudgeLive(t.Context(), path).State)

	done, end := context.WithCancel(t.Context())
	end()
	dataset := datatest.Write(t, filepath.Join(dir, "a.npz"), datatest.Dataset(t, datatest.Array{Name: "features", Descr: "'<f4'", Shape: "(0,)"}))
	for _, name := range []string{path, dataset} {
		require.Equal(t, format.Unknown, format.Judge(done, name, name).State, name)
	}
	for _, name := range []string{"gone.db", "gone.npz", "gone.pth"} {
		require.Equal(t, format.Unknown, format.Judge(t.Context(), name, filepath.Join(dir, name)).State, name)
	}
	empty := datatest.Write(t, filepath.Join(dir, "empty.db"), nil)
	require.Equal(t, format.Unknown, format.JudgeLive(t.Context(), empty).State, "a writer may be about to begin")
}

func TestJudgingLeavesNoTrace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := datatest.Store(t, filepath.Join(dir, "live.db"))
	datatest.Play(t, db, "g1", "completed", 9)
	before, err := os.Stat(filepath.Join(dir, "live.db-wal"))
	require.NoError(t, err)
	require.Equal(t, format.Valid, format.JudgeLive(t.Context(), filepath.Join(dir, "live.db")).State)
	after, err := os.Stat(filepath.Join(dir, "live.db-wal"))
	require.NoError(t, err)
	require.Equal(t, before.Size(), after.Size(), "no checkpoint")
	closed := datatest.Games(t, filepath.Join(t.TempDir(), "closed.db"), "g1")
	require.Equal(t, format.Valid, format.Judge(t.Context(), closed, closed).State)
	entries, err := os.ReadDir(filepath.Dir(closed))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestDatasets(t *testing.T) {
	t.Parallel()
	array := func(name, descr, shape string, bytes int) datatest.Array {
		return datatest.Array{Name: name, Descr: descr, Shape: shape, Bytes: bytes}
	}
	features := datatest.Array{Name: "features", Descr: "'<f4'", Shape: "(3, 2, 5, 5)", Bytes: 3 * 2 * 25 * 4}
	value := datatest.Array{Name: "value", Descr: "'<f4'", Shape: "(3,)", Bytes: 12}
	with := func(arrays ...datatest.Array) []byte {
		return datatest.Dataset(t, append([]datatest.Array{features, value}, arrays...)...)
	}
	good := with()
	for name, test := range map[string]struct {
		content []byte
		want    format.State
	}{
		"good":            {good, format.Valid},
		"scalar":          {with(array("board_size", "'<i8'", "()", 8)), format.Valid},
		"another length":  {with(array("max_policy", "'<i4'", "(7,)", 28)), format.Valid},
		"text":            {with(array("game_id", "'<U5'", "(3,)", 60)), format.Valid},
		"objects":         {with(array("policy_indices", "'|O'", "(3,)", 5)), format.Valid},
		"unequal rows":    {with(array("weight", "'<f4'", "(4,)", 16)), format.Corrupt},
		"22 billion rows": {with(array("weight", "'<f4'", "(22000000000,)", 16)), format.Corrupt},
		"overflow":        {with(array("x", "'<f8'", "(1000000000, 1000000000, 1000000000)", 16)), format.Corrupt},
		"too few bytes":   {with(array("weight", "'<f4'", "(3,)", 8)), format.Corrupt},
		"negative":        {with(array("weight", "'<f4'", "(-3,)", 12)), format.Corrupt},
		"record type":     {with(array("weight", "[('a', '<f4')]", "(3,)", 12)), format.Corrupt},
		"code for a type": {with(array("weight", "__import__('os')", "(3,)", 12)), format.Corrupt},
		"not an array":    {with(array("a.txt\x00", "'<f4'", "(3,)", 12))[:200], format.Corrupt},
		"no value":        {datatest.Dataset(t, features), format.Corrupt},
		"no features":     {datatest.Dataset(t, value), format.Corrupt},
		"truncated":       {good[:len(good)/2], format.Corrupt},
		"empty":           {nil, format.Corrupt},
	} {
		path := datatest.Write(t, filepath.Join(t.TempDir(), "a.npz"), test.content)
		verdict := format.Judge(t.Context(), "a.npz", path)
		require.Equal(t, test.want, verdict.State, "%s: %s", name, verdict.Reason)
	}
}
