package autosync

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/data/format"
)

const (
	// scoredGames are looked at, the last ones of a file; with fewer than leastScored scores nothing is known.
	scoredGames = 20
	leastScored = 5
)

// heldBack says why the games of a file do not enter the store; empty: they do. Games without a score are unknown,
// not bad. The same file is judged the same on every node.
func (r *round) heldBack(ctx context.Context, path string) (reason string, err error) {
	if r.config.MinimumQuality < 0 {
		return "", nil
	}
	db, err := format.OpenClosed(ctx, path)
	if err != nil {
		return "", err
	}
	scores, mean, err := quality(ctx, db)
	if err = errors.Join(err, db.Close()); err != nil {
		return "", fmt.Errorf("read scores of %s: %w", path, err)
	}
	if scores < leastScored || mean >= r.config.MinimumQuality {
		return "", nil
	}
	return fmt.Sprintf("its last %d games have a mean quality of %.2f, %.2f is asked for", scores, mean, r.config.MinimumQuality), nil
}

func quality(ctx context.Context, db *sql.DB) (scores int, mean float64, err error) {
	var has int
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM pragma_table_info('games') WHERE name IN ('quality_score', 'completed_at')`).Scan(&has)
	if err != nil || has < 2 {
		return 0, 0, err
	}
	var average sql.NullFloat64
	err = db.QueryRowContext(ctx, `SELECT count(score), avg(score) FROM (SELECT quality_score AS score FROM games
		WHERE game_status IN ('completed', 'finished') ORDER BY completed_at DESC, game_id LIMIT ?)`, scoredGames).Scan(&scores, &average)
	return scores, average.Float64, err
}
