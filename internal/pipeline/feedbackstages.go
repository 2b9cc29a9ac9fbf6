package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// addStages adds what the stages of the newest iterations tell.
func addStages(ctx context.Context, l *ledger.Ledger, e *feedback.Evidence) error {
	last, found, err := l.LastIteration(ctx, e.ConfigKey)
	if err != nil || !found {
		return err
	}
	var games quality
	var runs trainings
	for number := last.Number; number > max(0, last.Number-recentIterations); number-- {
		stages, err := l.StagesOf(ctx, e.ConfigKey, number)
		if err != nil {
			return err
		}
		if err := games.add(stages); err != nil {
			return err
		}
		runs.add(stages)
	}
	e.Quality = games.measured()
	e.Diverged, e.DivergedAt = runs.diverged, runs.at
	return nil
}

// quality counts consolidated games from the newest iteration back, until there are enough.
type quality struct {
	feedback.GameQuality
	valid int64
}

func (q *quality) add(stages []ledger.Stage) error {
	for _, stage := range stages {
		if stage.Stage != string(spec.StageConsolidating) || stage.State != ledger.StageDone || q.Games >= fewestGames {
			continue
		}
		var result Consolidated
		if err := json.Unmarshal(stage.Result, &result); err != nil {
			return fmt.Errorf("result of %s of iteration %d of %s: %w", stage.Stage, stage.Iteration, stage.ConfigKey, err)
		}
		q.Games, q.valid = q.Games+result.Games+result.Invalid, q.valid+result.Games
		if q.At.IsZero() {
			q.At = stage.EndedAt
		}
	}
	return nil
}

func (q *quality) measured() *feedback.GameQuality {
	if q.Games < fewestGames {
		return nil
	}
	q.Share = float64(q.valid) / float64(q.Games)
	return &q.GameQuality
}

// trainings counts the latest ones in a row that have diverged, from the newest iteration back.
type trainings struct {
	diverged int
	at       time.Time
	over     bool // one was found that has not diverged
}

func (t *trainings) add(stages []ledger.Stage) {
	for i := len(stages) - 1; i >= 0; i-- {
		stage := stages[i]
		switch {
		case t.over || stage.Stage != string(spec.StageTraining) || stage.State == ledger.StageOrdered:
		case stage.State == ledger.StageFailed && stage.ErrorClass == ClassDiverged:
			t.diverged++
			if t.at.IsZero() {
				t.at = stage.EndedAt
			}
		default:
			t.over = true
		}
	}
}
