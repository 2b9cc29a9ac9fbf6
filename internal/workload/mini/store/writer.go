package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/ringrift/orchestrator/internal/workload"
)

// Writer writes a new games file. It must be closed.
type Writer struct {
	temporary string
	db        *sql.DB
	tx        *sql.Tx
	putGame   *sql.Stmt
	putMove   *sql.Stmt
	games     int
}

const insertGame = `INSERT INTO games (game_id, board_type, num_players, rng_seed, created_at, completed_at, game_status,
	winner, termination_reason, total_moves, source, participants_json, generation, metadata_json)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

const insertMove = `INSERT INTO game_moves (game_id, move_number, player, move_json, move_probs) VALUES (?, ?, ?, ?, ?)`

// Create begins a games file under a temporary name in the folder.
func Create(dir string) (*Writer, error) {
	file, err := os.CreateTemp(dir, ".games-*")
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	w := &Writer{temporary: file.Name()}
	if err := w.open(); err != nil {
		return nil, errors.Join(explain("create games file", w.temporary, err), w.Close())
	}
	return w, nil
}

// open needs neither journal nor locks: nobody else knows the file, and after a crash it is thrown away.
func (w *Writer) open() error {
	var err error
	if w.db, err = sql.Open("sqlite", address(w.temporary, "_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=locking_mode(EXCLUSIVE)")); err != nil {
		return err
	}
	w.db.SetMaxOpenConns(1)
	if w.tx, err = w.db.Begin(); err != nil {
		return err
	}
	if _, err = w.tx.Exec(workload.GamesSchema); err != nil {
		return err
	}
	if w.putGame, err = w.tx.Prepare(insertGame); err != nil {
		return err
	}
	w.putMove, err = w.tx.Prepare(insertMove)
	return err
}

// Games is the number of games put.
func (w *Writer) Games() int { return w.games }

// Put adds a game.
func (w *Writer) Put(g *Game) error {
	_, err := w.putGame.Exec(g.ID, g.Board, g.Players, g.Seed, g.CreatedAt, g.CompletedAt, g.Status, g.Winner,
		g.Termination, g.TotalMoves, g.Source, g.Participants, g.Generation, g.Metadata)
	for i := 0; err == nil && i < len(g.Moves); i++ {
		move := &g.Moves[i]
		_, err = w.putMove.Exec(g.ID, move.Number, move.Player, move.Move, move.Probs)
	}
	if err != nil {
		return explain("put game "+g.ID+" into", w.temporary, err)
	}
	w.games++
	return nil
}

// Publish closes the file, makes sure that it is on disk, and gives it its name in the same folder.
func (w *Writer) Publish(name string) error {
	if err := w.tx.Commit(); err != nil {
		return explain("close games file", w.temporary, err)
	}
	if err := w.db.Close(); err != nil {
		return explain("close games file", w.temporary, err)
	}
	if err := syncPath(w.temporary); err != nil {
		return err
	}
	dir := filepath.Dir(w.temporary)
	if err := os.Rename(w.temporary, filepath.Join(dir, name)); err != nil {
		return err
	}
	w.temporary = ""
	return syncPath(dir)
}

// Close throws away what was not published.
func (w *Writer) Close() error {
	if w.temporary == "" {
		return nil
	}
	var closed error
	if w.db != nil {
		closed = w.db.Close()
	}
	return errors.Join(closed, os.Remove(w.temporary))
}

// syncPath makes a file, or the names in a folder, last.
func syncPath(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	return nil
}

// address is how SQLite is told which file to open, and how.
func address(path, query string) string {
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query}).String()
}
