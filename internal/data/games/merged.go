package games

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/format"
)

// MergedSources returns the files that were merged into a store, with how many of their games it has. A store that
// does not exist, or that nothing was merged into, has none.
func MergedSources(ctx context.Context, store string) (map[data.Sum]int64, error) {
	if _, err := os.Stat(store); errors.Is(err, fs.ErrNotExist) {
		return map[data.Sum]int64{}, nil
	}
	db, err := format.OpenLive(ctx, store)
	if err != nil {
		return nil, err
	}
	reading, err := connect(ctx, db, store)
	if err != nil {
		return nil, err
	}
	sources, err := reading.mergedSources(ctx)
	if err = errors.Join(err, reading.close()); err != nil {
		return nil, fmt.Errorf("read what was merged into %s: %w", store, err)
	}
	return sources, nil
}

func (s *session) mergedSources(ctx context.Context) (map[data.Sum]int64, error) {
	sources := map[data.Sum]int64{}
	tables, err := s.texts(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'merged_sources'`)
	if err != nil || len(tables) == 0 {
		return sources, err
	}
	rows, err := s.QueryContext(ctx, `SELECT sha256, games FROM merged_sources`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err tells what was wrong
	for rows.Next() {
		var text string
		var count int64
		if err := rows.Scan(&text, &count); err != nil {
			return nil, err
		}
		sum, err := data.ParseSum(text)
		if err != nil {
			return nil, err
		}
		sources[sum] = count
	}
	return sources, rows.Err()
}
