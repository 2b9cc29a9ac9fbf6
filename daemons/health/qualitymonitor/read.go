package qualitymonitor

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/ringrift/orchestrator/internal/data/format"
)

// game is one that is over.
type game struct {
	id, completed string   // completed sorts as time does; empty: unknown
	score         *float64 // 0 to 1; nil: unjudged
}

// readGames returns the newest completed games of a file, with the scores that their writer gave them. Of a file that is
// live nothing is changed.
func readGames(ctx context.Context, path string, live bool, limit int) (found []game, err error) {
	open := format.OpenClosed
	if live {
		open = format.OpenLive
	}
	db, err := open(ctx, path)
	if err != nil {
		return nil, err
	}
	found, err = queryGames(ctx, db, limit)
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, fmt.Errorf("read the games of %s: %w", path, err)
	}
	return found, nil
}

func queryGames(ctx context.Context, db *sql.DB, limit int) ([]game, error) {
	completed, err := column(ctx, db, "completed_at", "''", "coalesce(CAST(completed_at AS TEXT), '')")
	if err != nil {
		return nil, err
	}
	score, err := column(ctx, db, "quality_score", "NULL", "CASE WHEN typeof(quality_score) IN ('real', 'integer') THEN quality_score END")
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, `SELECT CAST(game_id AS TEXT), `+completed+` AS completed, `+score+` FROM games
		WHERE game_status IN ('completed', 'finished') ORDER BY completed DESC, game_id LIMIT ?`, limit)
	if err != nil {
		return nil, err
	}
	var found []game
	for rows.Next() {
		var one game
		var given sql.NullFloat64
		if err := rows.Scan(&one.id, &one.completed, &given); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		if given.Valid && given.Float64 >= 0 && given.Float64 <= 1 {
			one.score = &given.Float64
		}
		found = append(found, one)
	}
	return found, errors.Join(rows.Err(), rows.Close())
}

// column is how a column is read that a workload may leave out.
func column(ctx context.Context, db *sql.DB, name, absent, present string) (string, error) {
	var has bool
	err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pragma_table_info('games') WHERE name = ?)`, name).Scan(&has)
	if err != nil || !has {
		return absent, err
	}
	return present, nil
}

func unjudged(games []game) bool {
	return slices.ContainsFunc(games, func(one game) bool { return one.score == nil })
}
