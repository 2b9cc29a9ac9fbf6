package check

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"

	_ "modernc.org/sqlite" // the driver

	"github.com/ringrift/orchestrator/internal/workload"
)

// game is a row of games, with its moves.
type game struct {
	ID           string
	Board        string
	Players      int
	Created      string
	Status       string
	Winner       int // seat; 0: a draw, or not over
	TotalMoves   int
	Participants []string // by seat; nil if they have no names
	Moves        []move
}

type move struct {
	Number, Player int
	Text           string
}

// openGames opens a games file, which nothing writes any more.
func openGames(path string) (*sql.DB, error) {
	source := url.URL{Scheme: "file", Path: path, RawQuery: "mode=ro&immutable=1"}
	database, err := sql.Open("sqlite", source.String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return database, nil
}

// readGames reads the games that a run has handed over, in the order of their ids.
func readGames(ctx context.Context, o *outcome) ([]game, error) {
	output, err := o.Result.Output(workload.RoleGames)
	if err != nil {
		return nil, err
	}
	database, err := openGames(o.attempt.OutputPath(output))
	if err != nil {
		return nil, err
	}
	defer database.Close()
	games, err := rows(ctx, database, `SELECT game_id, board_type, num_players, created_at, game_status, coalesce(winner, 0), total_moves,
		coalesce(participants_json, '') FROM games ORDER BY game_id`, scanGame)
	if err != nil {
		return nil, err
	}
	for i := range games {
		games[i].Moves, err = rows(ctx, database, `SELECT move_number, player, move_json FROM game_moves WHERE game_id = ? ORDER BY move_number`, scanMove, games[i].ID)
		if err != nil {
			return nil, err
		}
	}
	return games, nil
}

func scanGame(scan func(...any) error) (g game, err error) {
	var names string
	if err := scan(&g.ID, &g.Board, &g.Players, &g.Created, &g.Status, &g.Winner, &g.TotalMoves, &names); err != nil {
		return g, err
	}
	if names != "" {
		err = json.Unmarshal([]byte(names), &g.Participants)
	}
	return g, err
}

func scanMove(scan func(...any) error) (m move, err error) {
	err = scan(&m.Number, &m.Player, &m.Text)
	return m, err
}

// rows runs a query and scans each row.
func rows[T any](ctx context.Context, database *sql.DB, query string, scan func(func(...any) error) (T, error), arguments ...any) ([]T, error) {
	found, err := database.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, fmt.Errorf("read the games file: %w", err)
	}
	defer found.Close()
	var list []T
	for found.Next() {
		one, err := scan(found.Scan)
		if err != nil {
			return nil, fmt.Errorf("read the games file: %w", err)
		}
		list = append(list, one)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("read the games file: %w", err)
	}
	return list, nil
}

// sameMoves says whether two runs have played the same games, whatever they call them.
func sameMoves(ctx context.Context, a, b *outcome) (bool, error) {
	first, err := readGames(ctx, a)
	if err != nil {
		return false, blocked(err)
	}
	second, err := readGames(ctx, b)
	if err != nil {
		return false, blocked(err)
	}
	count := map[string]int{}
	for _, g := range first {
		count[fmt.Sprint(g.Moves)]++
	}
	for _, g := range second {
		count[fmt.Sprint(g.Moves)]--
	}
	for _, difference := range count {
		if difference != 0 {
			return false, nil
		}
	}
	return true, nil
}
