// Package datatest makes files for tests of the data plane: games databases as a workload writes them, and
// datasets. Everything is real; only the games are dull.
package datatest

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver

	"github.com/ringrift/orchestrator/internal/data/format"
)

// Schema is that of a games database with more tables than the two that are needed: one whose rows are only
// numbered, and one without a key. A trigger refuses completed games with few moves, as the field's do.
const Schema = `
CREATE TABLE IF NOT EXISTS games (game_id TEXT PRIMARY KEY, board_type TEXT, num_players INTEGER, game_status TEXT NOT NULL,
	winner INTEGER, total_moves INTEGER, completed_at TIMESTAMP, quality_score REAL, metadata_json TEXT);
CREATE TABLE IF NOT EXISTS game_moves (game_id TEXT NOT NULL, move_number INTEGER NOT NULL, player INTEGER, move_json TEXT,
	search BLOB, PRIMARY KEY (game_id, move_number));
CREATE TABLE IF NOT EXISTS game_choices (id INTEGER PRIMARY KEY AUTOINCREMENT, game_id TEXT, choice TEXT);
CREATE TABLE IF NOT EXISTS notes (game_id TEXT, "note ""quoted""" TEXT);
CREATE TABLE IF NOT EXISTS schema_metadata (key TEXT, value TEXT);
CREATE TRIGGER IF NOT EXISTS enough_moves BEFORE INSERT ON games WHEN NEW.game_status = 'completed'
	AND (SELECT count(*) FROM game_moves WHERE game_id = NEW.game_id) < 5
	BEGIN SELECT RAISE(ABORT, 'a completed game needs moves'); END;`

// Store opens a games database in WAL mode for writing, and closes it when the test ends.
func Store(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", format.DSN(path, "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_txlock=immediate"))
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = db.Exec(Schema)
	require.NoError(t, err)
	return db
}

// Play adds a game with its rows in all tables, in one transaction.
func Play(t testing.TB, db *sql.DB, id, status string, moves int) {
	t.Helper()
	tx, err := db.Begin()
	require.NoError(t, err)
	play(t, tx, id, status, moves)
	require.NoError(t, tx.Commit())
}

func play(t testing.TB, tx *sql.Tx, id, status string, moves int) {
	t.Helper()
	_, err := tx.Exec(`WITH RECURSIVE move (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM move WHERE n + 1 < ?2)
		INSERT INTO game_moves SELECT ?1, n, n % 2 + 1, printf('{"to":"%s-%d"}', ?1, n), cast(char(1, n + 1) AS BLOB) FROM move`, id, moves)
	require.NoError(t, err)
	_, err = tx.Exec(`INSERT INTO game_choices (game_id, choice) VALUES (?1, 'left'), (?1, 'right')`, id)
	require.NoError(t, err)
	_, err = tx.Exec(`INSERT INTO notes VALUES (?1, 'same'), (?1, 'same')`, id)
	require.NoError(t, err)
	_, err = tx.Exec(`INSERT INTO games VALUES (?, 'sq5', 2, ?, 1, ?, '2025-12-24 18:00:00', 0.5, '{}')`, id, status, moves)
	require.NoError(t, err)
}

// Games writes a closed games database with completed games of these ids, and returns its path.
func Games(t testing.TB, path string, ids ...string) string {
	t.Helper()
	db, err := sql.Open("sqlite", format.DSN(path, "_pragma=synchronous(OFF)"))
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	_, err = db.Exec(Schema)
	require.NoError(t, err)
	tx, err := db.Begin()
	require.NoError(t, err)
	for _, id := range ids {
		play(t, tx, id, "completed", 9)
	}
	require.NoError(t, tx.Commit())
	require.NoError(t, db.Close())
	return path
}

// Array is a member of a dataset: its name, the type and shape that its header tells, and its bytes.
type Array struct {
	Name, Descr, Shape string
	Bytes              int
}

// Dataset returns the bytes of an .npz file.
func Dataset(t testing.TB, arrays ...Array) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, array := range arrays {
		member, err := archive.Create(array.Name + ".npy")
		require.NoError(t, err)
		_, err = member.Write(append(Header(array.Descr, array.Shape), make([]byte, array.Bytes)...))
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	return out.Bytes()
}

// Header returns the header of a .npy file of version 1.
func Header(descr, shape string) []byte {
	text := fmt.Sprintf("{'descr': %s, 'fortran_order': False, 'shape': %s, }", descr, shape)
	text += strings.Repeat(" ", 63-(len(text)+10)%64) + "\n"
	header := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(header[8:], uint16(len(text)))
	return append(header, text...)
}

// Bytes returns n bytes that look random, always the same ones for a seed.
func Bytes(n int, seed string) []byte {
	out := make([]byte, n)
	_, _ = rand.NewChaCha8(sha256.Sum256([]byte(seed))).Read(out) // it never fails
	return out
}

// Write writes a file and returns its path.
func Write(t testing.TB, path string, content []byte) string {
	t.Helper()
	require.NoError(t, os.WriteFile(path, content, 0o644))
	return path
}
