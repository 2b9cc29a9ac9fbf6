package unifiedpromotion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/tournament"
)

// candidate is what is known of a model: whether its file can be fetched, and whether it is in quarantine. The workload
// reads what can be fetched: each file of a model was proved when it was made.
func (o *office) candidate(ctx context.Context, id string) (promotion.Candidate, error) {
	model, err := o.ledger.Model(ctx, id)
	if err != nil {
		return promotion.Candidate{}, err
	}
	known := promotion.Candidate{ModelID: model.ID, SHA256: model.SHA256}
	presence, err := pipeline.PresenceOf(ctx, o.ledger, model.SHA256)
	if err != nil {
		return known, err
	}
	if presence != pipeline.Away { // whose nodes may come back
		known.Loads = fact(presence == pipeline.Here)
	}
	quarantined, err := pipeline.Quarantined(ctx, o.ledger, id)
	known.Quarantined = &quarantined
	return known, err
}

// canonical is how good the canonical model is, and its score against the model in production.
func (o *office) canonical(ctx context.Context) (*promotion.Standing, *promotion.HeadToHead, error) {
	pointer, err := o.ledger.Pointer(ctx, o.configKey, ledger.Canonical)
	if err != nil {
		return nil, nil, err
	}
	known, err := o.candidate(ctx, pointer.ModelID)
	if err != nil {
		return nil, nil, err
	}
	harnesses := o.harnesses(pointer.ModelID)
	evaluated, err := o.evaluation(ctx, pointer)
	if err != nil {
		return nil, nil, err
	}
	against := func(opponent string) rating.Score {
		total := tournament.Score(o.results, o.players, pointer.ModelID, opponent)
		for _, faced := range evaluated.Opponents {
			if score := faced.Score(); faced.Opponent == opponent && score.Players == o.players {
				total.Wins, total.Draws, total.Losses = total.Wins+score.Wins, total.Draws+score.Draws, total.Losses+score.Losses
			}
		}
		return total
	}
	standing := &promotion.Standing{Candidate: known, Rating: o.rating(pointer.ModelID), Harnesses: &harnesses}
	if score := against(promotion.Random); score.Games() > 0 {
		standing.Random = &score
	}
	if score := against(promotion.Heuristic); score.Games() > 0 {
		standing.Heuristic = &score
	}
	score := against(o.production.ModelID)
	if o.production.Sequence == 0 || pointer.ModelID == o.production.ModelID || score.Games() == 0 {
		return standing, nil, nil
	}
	return standing, &promotion.HeadToHead{ModelID: pointer.ModelID, Opponent: o.production.ModelID, Score: score}, nil
}

// harnesses counts those in which a model is rated.
func (o *office) harnesses(model string) (count int64) {
	for _, snapshot := range o.rated {
		if _, rated := pipeline.RatingOf(snapshot, model); rated {
			count++
		}
	}
	return count
}

// evaluation is the one by which a canonical model was promoted; it is empty if there was none, or in another harness.
func (o *office) evaluation(ctx context.Context, pointer ledger.Pointer) (evaluated pipeline.Evaluated, err error) {
	stored, err := o.ledger.Decision(ctx, pipeline.DecisionPromotion, pointer.DecisionID)
	if errors.Is(err, ledger.ErrNotFound) {
		return evaluated, nil // it came back, or an operator has put it there
	}
	if err != nil {
		return evaluated, err
	}
	var by pipeline.Promotion
	if err := json.Unmarshal(stored.Inputs, &by); err != nil {
		return evaluated, fmt.Errorf("decision %s cannot be read: %w", stored.Key, err)
	}
	if by.Record.Evidence.Evaluation == nil {
		return evaluated, nil // the first model
	}
	kept, err := o.ledger.Decision(ctx, pipeline.DecisionEvaluation, by.Record.Evidence.Evaluation.EvalID)
	if errors.Is(err, ledger.ErrNotFound) {
		return evaluated, nil
	}
	if err != nil {
		return evaluated, err
	}
	if err := json.Unmarshal(kept.Inputs, &evaluated); err != nil {
		return evaluated, fmt.Errorf("evaluation %s cannot be read: %w", kept.Key, err)
	}
	if evaluated.ModelID != pointer.ModelID || evaluated.Harness != o.harness {
		return pipeline.Evaluated{}, nil
	}
	return evaluated, nil
}

func fact(is bool) *bool { return &is }
