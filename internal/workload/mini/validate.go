package main

import (
	"context"
	"errors"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/play"
	"github.com/ringrift/orchestrator/internal/workload/mini/store"
)

// maxVerdicts bounds the games of one validation, so that its verdicts fit a result.
const maxVerdicts = 50_000

// validate judges each game of a file.
func validate(ctx context.Context, task *adapter.Task) (any, error) {
	var params workload.ValidateParams
	if err := task.Params(&params); err != nil {
		return nil, err
	}
	rules, err := rulesOf(task)
	if err != nil {
		return nil, err
	}
	if err := task.Pace(ctx); err != nil {
		return nil, err
	}
	metrics := workload.ValidateMetrics{Verdicts: []workload.Verdict{}}
	err = eachGame(ctx, task, "games", params.Games, func(row *store.Game) error {
		if len(metrics.Verdicts) == maxVerdicts {
			return badRequest("games: the file has more than %d: validate it in parts", maxVerdicts)
		}
		record, err := row.Record(rules)
		verdict := workload.Verdict{ID: row.ID, OK: err == nil}
		if err != nil {
			verdict.Reason = err.Error()
		} else {
			verdict.Quality = quality(record)
		}
		metrics.Verdicts = append(metrics.Verdicts, verdict)
		return nil
	})
	return metrics, err
}

// quality is the share of a game's moves that can be learned from: those that were searched.
func quality(record play.Record) float64 {
	searched := 0
	for _, move := range record.Moves {
		if move.Visits != nil {
			searched++
		}
	}
	return float64(searched) / float64(max(len(record.Moves), 1))
}

// eachGame calls yield for every completed game of an input, in the order of ids.
func eachGame(ctx context.Context, task *adapter.Task, field, name string, yield func(*store.Game) error) error {
	path, err := input(task, field, name, workload.RoleGames)
	if err != nil {
		return err
	}
	reader, err := store.Open(path)
	if err != nil {
		return badInput(name, err)
	}
	err = reader.Each(func(row *store.Game) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return yield(row)
	})
	return badInput(name, errors.Join(err, reader.Close()))
}
