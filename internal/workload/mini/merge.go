package main

import (
	"context"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/store"
)

// merge puts the sound games of several files that nobody knows yet into one.
func merge(ctx context.Context, task *adapter.Task) (any, error) {
	var params workload.MergeParams
	if err := task.Params(&params); err != nil {
		return nil, err
	}
	rules, err := rulesOf(task)
	if err != nil {
		return nil, err
	}
	if len(params.Games) == 0 || params.MinMoves < 0 {
		return nil, badRequest("games, min_moves: give at least one input, and 0 or more moves")
	}
	known, err := loadIDs(task, "known_ids", params.KnownIDs)
	if err != nil {
		return nil, err
	}
	writer, err := store.Create(task.Request.OutputDir)
	if err != nil {
		return nil, err
	}
	defer writer.Close()
	var metrics workload.MergeMetrics
	for i, name := range params.Games {
		if err := task.Pace(ctx); err != nil {
			return nil, err
		}
		err := eachGame(ctx, task, "games", name, func(row *store.Game) error {
			if known[row.ID] {
				metrics.Duplicates++
				return nil
			}
			if _, err := row.Record(rules); err != nil || row.TotalMoves < params.MinMoves {
				metrics.Invalid++
				return nil
			}
			known[row.ID] = true
			metrics.Merged++
			return writer.Put(row)
		})
		if err != nil {
			return nil, err
		}
		task.Progress(float64(i+1), float64(len(params.Games)), "files", nil)
	}
	if err := writer.Publish(gamesName); err != nil {
		return nil, err
	}
	task.Count("games", metrics.Merged)
	return metrics, task.Output(workload.RoleGames, gamesName, metrics.Merged)
}
