package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"net/url"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/ringrift/orchestrator/internal/workload"
)

// ErrTooMany says that there are more ids than a result can list.
var ErrTooMany = errors.New("too many games to list their ids")

// Options say what to look at.
type Options struct {
	Verify  float64   // the share of games to replay, 0 to 1; which ones follows from their ids
	Since   time.Time // leaves out games created before it
	ListIDs bool
}

// Games inspects a games file of a config.
func Games(ctx context.Context, path, configKey string, options Options) (workload.InspectMetrics, error) {
	b, err := lookBoard(configKey)
	if err != nil {
		return workload.InspectMetrics{}, err
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: "mode=ro&immutable=1"}).String())
	if err != nil {
		return workload.InspectMetrics{}, err
	}
	defer db.Close()
	t := newTally(b.players)
	t.metrics.RulesHash = b.rulesHash()
	var sound string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&sound); err != nil || sound != "ok" {
		return t.metrics, fmt.Errorf("%w: %s: integrity check: %s (%v)", ErrUnreadable, path, sound, err)
	}
	if err := eachGame(ctx, db, func(g *gameRow) error { return t.inspect(b, g, options) }); err != nil {
		return t.metrics, err
	}
	return t.result(), nil
}

// inspect looks at one game.
func (t *tally) inspect(b *board, g *gameRow, options Options) error {
	created, err := time.Parse(time.RFC3339, g.created)
	if err != nil {
		t.fault(g.id, fmt.Errorf("created_at: %w", err))
	} else if created.Before(options.Since) {
		return nil
	}
	t.metrics.Records++
	t.metrics.Games++
	if options.ListIDs {
		if len(t.metrics.IDs) == maxIDs {
			return fmt.Errorf("%w: more than %d, give since", ErrTooMany, maxIDs)
		}
		t.metrics.IDs = append(t.metrics.IDs, g.id)
	}
	winner := g.winner
	if chosen(g.id, options.Verify) {
		if winner, err = b.replay(g); err != nil {
			t.fault(g.id, err)
			return nil
		}
		t.metrics.Verified++
	} else if options.Verify > 0 {
		return nil // results are counted from moves only
	}
	return t.count(g, winner)
}

// chosen draws a share of the games by their ids.
func chosen(id string, share float64) bool {
	hash := fnv.New64a()
	hash.Write([]byte(id)) // never fails
	return share >= 1 || float64(hash.Sum64()) < share*math.MaxUint64
}

const everyMove = `SELECT g.game_id, g.board_type, g.num_players, g.created_at, coalesce(g.termination_reason, ''), coalesce(g.winner, 0),
	g.total_moves, coalesce(g.participants_json, ''), g.generation, coalesce(g.metadata_json, ''),
	m.move_number, m.player, m.move_json, coalesce(m.move_probs, '')
	FROM games g LEFT JOIN game_moves m ON m.game_id = g.game_id
	WHERE g.game_status = 'completed' ORDER BY g.game_id, m.move_number`

// eachGame reads all games with their moves in one pass.
func eachGame(ctx context.Context, db *sql.DB, yield func(*gameRow) error) error {
	rows, err := db.QueryContext(ctx, everyMove)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	defer rows.Close()
	var current *gameRow
	for rows.Next() {
		g, err := scan(rows)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
		if current != nil && current.id == g.id {
			current.moves = append(current.moves, g.moves...)
			continue
		}
		if current != nil {
			if err := yield(current); err != nil {
				return err
			}
		}
		current = g
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if current == nil {
		return nil
	}
	return yield(current)
}

func scan(rows *sql.Rows) (*gameRow, error) {
	g := &gameRow{}
	var number, player sql.NullInt64 // none for a game without moves
	var move, probs sql.NullString
	err := rows.Scan(&g.id, &g.boardName, &g.players, &g.created, &g.ending, &g.winner, &g.totalMoves, &g.participants, &g.generation,
		&g.metadata, &number, &player, &move, &probs)
	if number.Valid {
		g.moves = []moveRow{{int(number.Int64), int(player.Int64), move.String, probs.String}}
	}
	return g, err
}
