package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	recentDecisions = 10 // and so many canonical models are what feedback looks at
	// recentIterations are looked through for games and trainings; fewestGames say something of their quality.
	recentIterations, fewestGames = 3, 50
	classDiverged                 = "diverged"
)

// FeedbackOf reads what feedback goes by for a configuration, rated under a harness. What the ledger does not know stays
// unknown.
func FeedbackOf(ctx context.Context, l *ledger.Ledger, configKey, harness string) (e feedback.Evidence, err error) {
	e.ConfigKey = configKey
	if e.Decisions, err = decisionsOf(ctx, l, configKey); err != nil {
		return e, err
	}
	if e.Curve, err = curveOf(ctx, l, configKey, harness); err != nil {
		return e, err
	}
	if err := addStages(ctx, l, &e); err != nil {
		return e, err
	}
	e.Proposals, err = feedback.Proposals(ctx, l, configKey)
	return e, err
}

// decisionsOf are the newest ones about candidates, one for each iteration: one that was judged again counts once.
func decisionsOf(ctx context.Context, l *ledger.Ledger, configKey string) ([]feedback.Decision, error) {
	recent, err := l.Decisions(ctx, DecisionPromotion, configKey, ledger.Page{Limit: recentDecisions})
	if err != nil {
		return nil, err
	}
	decisions, last := []feedback.Decision{}, int64(0)
	for _, one := range recent.Items {
		promoted := one.Verdict == string(spec.VerdictPromoted)
		if !promoted && one.Verdict != string(spec.VerdictRejected) {
			continue // a first model, which nobody has to beat
		}
		var by Promotion
		if err := json.Unmarshal(one.Inputs, &by); err != nil {
			return nil, fmt.Errorf("read decision %s: %w", one.Key, err)
		}
		if by.Iteration == last {
			continue
		}
		last = by.Iteration
		decision := feedback.Decision{ID: one.Key, At: one.DecidedAt, Promoted: promoted}
		if candidate, canonical := by.Record.Evidence.CandidateRating, by.Record.Evidence.CanonicalRating; candidate != nil && canonical != nil {
			gain := *candidate - *canonical
			decision.Gain = &gain
		}
		decisions = append(decisions, decision)
	}
	return decisions, nil
}

// curveOf are the canonical models as they are rated now; those that are not rated are left out.
func curveOf(ctx context.Context, l *ledger.Ledger, configKey, harness string) ([]rating.Point, error) {
	curve := []rating.Point{}
	snapshot, err := l.Ratings(ctx, configKey, harness)
	if errors.Is(err, ledger.ErrNotFound) || harness == "" {
		return curve, nil
	}
	if err != nil {
		return nil, err
	}
	moves, err := l.PointerHistory(ctx, configKey, ledger.Canonical, ledger.Page{Limit: recentDecisions})
	if err != nil {
		return nil, err
	}
	for _, move := range moves.Items {
		if rated, found := RatingOf(snapshot, move.ModelID); found {
			curve = append(curve, rating.Point{At: move.MovedAt, Rating: rated.Rating})
		}
	}
	return curve, nil
}

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
		case stage.State == ledger.StageFailed && stage.ErrorClass == classDiverged:
			t.diverged++
			if t.at.IsZero() {
				t.at = stage.EndedAt
			}
		default:
			t.over = true
		}
	}
}
