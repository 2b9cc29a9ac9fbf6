package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"

	"github.com/ringrift/orchestrator/internal/workload"
)

// Reader reads the completed games of a closed file. It must be closed.
type Reader struct {
	path string
	db   *sql.DB
}

// Open opens a games file without writing anything beside it, and checks that it is whole.
func Open(path string) (*Reader, error) {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return nil, fmt.Errorf("open %s: %w: it is still being written, there is a -wal beside it", path, ErrCorrupt)
	}
	db, err := sql.Open("sqlite", address(path, "mode=ro&immutable=1"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	r := &Reader{path, db}
	if err := r.check(); err != nil {
		return nil, errors.Join(explain("open", path, err), db.Close())
	}
	return r, nil
}

// check reads every page, and compares the size that SQLite keeps in the file with the file's: it takes what is
// cut off the end for zeros.
func (r *Reader) check() error {
	info, err := os.Stat(r.path)
	if err != nil {
		return err
	}
	var size int64
	if err := r.db.QueryRow("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").Scan(&size); err != nil {
		return err
	}
	if size != info.Size() {
		return fmt.Errorf("%w: %d bytes, not %d", ErrCorrupt, info.Size(), size)
	}
	var verdict string
	if err := r.db.QueryRow("PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrCorrupt, verdict)
	}
	return nil
}

// Close closes the file.
func (r *Reader) Close() error { return r.db.Close() }

// IDWidth is the number of bytes of the longest game id.
func (r *Reader) IDWidth() (int, error) {
	var width sql.NullInt64
	if err := r.db.QueryRow("SELECT max(length(CAST(game_id AS BLOB))) FROM games").Scan(&width); err != nil {
		return 0, explain("read", r.path, err)
	}
	return int(width.Int64), nil
}

// pageSize is how many games are in memory at once.
const pageSize = 256

const selectGames = `SELECT game_id, board_type, num_players, rng_seed, created_at, completed_at, game_status, winner,
	termination_reason, total_moves, source, participants_json, generation, metadata_json
	FROM games WHERE game_status = ? AND game_id > ? ORDER BY game_id LIMIT ?`

const selectMoves = `SELECT move_number, player, move_json, move_probs FROM game_moves WHERE game_id = ? ORDER BY move_number`

// Each calls yield for every completed game in the order of ids, until it fails.
func (r *Reader) Each(yield func(*Game) error) error {
	moves, err := r.db.Prepare(selectMoves)
	if err != nil {
		return explain("read", r.path, err)
	}
	defer moves.Close()
	for after := ""; ; {
		page, err := r.page(after)
		if err != nil {
			return explain("read", r.path, err)
		}
		for _, g := range page {
			if g.Moves, err = readMoves(moves, g.ID); err != nil {
				return explain("read moves of "+g.ID+" in", r.path, err)
			}
			if err := yield(g); err != nil {
				return err
			}
			after = g.ID
		}
		if len(page) < pageSize {
			return nil
		}
	}
}

func (r *Reader) page(after string) ([]*Game, error) {
	rows, err := r.db.Query(selectGames, workload.GameCompleted, after, pageSize)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var page []*Game
	for rows.Next() {
		g := &Game{}
		err := rows.Scan(&g.ID, &g.Board, &g.Players, &g.Seed, &g.CreatedAt, &g.CompletedAt, &g.Status, &g.Winner,
			&g.Termination, &g.TotalMoves, &g.Source, &g.Participants, &g.Generation, &g.Metadata)
		if err != nil {
			return nil, err
		}
		page = append(page, g)
	}
	return page, rows.Err()
}

func readMoves(statement *sql.Stmt, id string) ([]Move, error) {
	rows, err := statement.Query(id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var moves []Move
	for rows.Next() {
		var m Move
		if err := rows.Scan(&m.Number, &m.Player, &m.Move, &m.Probs); err != nil {
			return nil, err
		}
		moves = append(moves, m)
	}
	return moves, rows.Err()
}
