package check

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
)

// gamesTable reads the games of self-play as the data plane will.
func gamesTable(ctx context.Context, k *kit) error {
	o, err := k.selfplayRun(ctx)
	if err != nil {
		return blocked(err)
	}
	output, err := o.Result.Output(workload.RoleGames)
	if err != nil {
		return blocked(err)
	}
	path := o.attempt.OutputPath(output)
	if err := closedFile(path); err != nil {
		return err
	}
	if err := hasColumns(ctx, path); err != nil {
		return err
	}
	games, err := readGames(ctx, o)
	if err != nil {
		return err
	}
	if len(games) != k.options.Games || output.Records == nil || *output.Records != int64(len(games)) {
		return fmt.Errorf("the file has %d games, %d were asked for, and the result says %v", len(games), k.options.Games, records(output))
	}
	for _, g := range games {
		if err := k.checkGame(g, o.attempt.Request); err != nil {
			return fmt.Errorf("game %s: %w", g.ID, err)
		}
	}
	return nil
}

// closedFile refuses a database whose last changes are in another file.
func closedFile(path string) error {
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		if _, err := os.Lstat(path + suffix); err == nil {
			return fmt.Errorf("the games file has a %s file beside it", suffix)
		}
	}
	return nil
}

func hasColumns(ctx context.Context, path string) error {
	database, err := openGames(path)
	if err != nil {
		return err
	}
	defer database.Close()
	needed := workload.GamesColumns()
	for _, table := range slices.Sorted(maps.Keys(needed)) {
		scan := func(scan func(...any) error) (name string, err error) { return name, scan(&name) }
		have, err := rows(ctx, database, "SELECT name FROM pragma_table_info(?)", scan, table)
		if err != nil {
			return err
		}
		for _, column := range needed[table] {
			if !slices.Contains(have, column) {
				return fmt.Errorf("the table %s has no column %s", table, column)
			}
		}
	}
	return nil
}

// checkGame checks what the contract says of a row, and that it fits its moves.
func (k *kit) checkGame(g game, request workload.Request) error {
	created, err := time.Parse(time.RFC3339, g.Created)
	switch {
	case err != nil || !created.Equal(request.IssuedAt):
		return fmt.Errorf("created_at is %q, the request was issued at %s", g.Created, request.IssuedAt.Format(time.RFC3339))
	case g.Board != k.config.Board || g.Players != k.config.Players:
		return fmt.Errorf("board_type %q with %d players, asked for %s", g.Board, g.Players, k.config.Key)
	case g.Status != workload.GameCompleted:
		return fmt.Errorf("game_status is %q", g.Status)
	case g.Winner < 0 || g.Winner > g.Players:
		return fmt.Errorf("the winner is seat %d of %d", g.Winner, g.Players)
	case g.TotalMoves != len(g.Moves) || len(g.Moves) == 0:
		return fmt.Errorf("total_moves is %d, there are %d", g.TotalMoves, len(g.Moves))
	}
	for i, m := range g.Moves {
		if m.Number != i {
			return fmt.Errorf("move_number %d at place %d", m.Number, i)
		}
		if m.Player < 1 || m.Player > g.Players {
			return errors.New("a move of a player that is no seat")
		}
	}
	return nil
}

func records(output workload.Output) any {
	if output.Records == nil {
		return "nothing"
	}
	return *output.Records
}
