package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/spec"
)

// ClassDiverged is the class of the failure of a training whose numbers are none any more.
const ClassDiverged = "diverged"

const (
	recentDecisions = 10 // and so many canonical models are what feedback looks at
	// recentIterations are looked through for games and trainings; fewestGames say something of their quality.
	recentIterations, fewestGames = 3, 50
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
