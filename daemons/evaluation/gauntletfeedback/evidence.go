package gauntletfeedback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/rating"
)

// Evidence is what an answer is made from: the newest evaluation of a configuration, and those before it.
type Evidence struct {
	ConfigKey string `json:"config_key"`
	Players   int    `json:"players"`
	// Results are the newest first; their ratings are all of one computation.
	Results []Result `json:"results"`
}

// Result is one evaluation. A nil pointer means unknown.
type Result struct {
	EvaluationID string `json:"eval_id"`
	ModelID      string `json:"model_id"`
	// Random, Heuristic and Canonical are the scores against these.
	Random    *rating.Score `json:"random"`
	Heuristic *rating.Score `json:"heuristic"`
	Canonical *rating.Score `json:"canonical"`
	Elo       *Elo          `json:"elo"`
	// CanonicalElo is that of the model that was canonical then.
	CanonicalElo *Elo `json:"canonical_elo"`
}

// Elo is a rating with its 95 % interval.
type Elo struct {
	Rating float64 `json:"rating"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// half is half of the width of the interval.
func (e Elo) half() float64 { return (e.High - e.Low) / 2 }

// evidenceOf reads evaluations as they are kept, the newest first. Those in another harness than the newest are left out:
// their ratings do not compare.
func evidenceOf(ctx context.Context, l *ledger.Ledger, configKey string, kept []ledger.Decision) (Evidence, error) {
	e := Evidence{ConfigKey: configKey, Players: bus.ConfigOf(configKey).NumPlayers, Results: []Result{}}
	var harness string
	var ratings ledger.RatingSnapshot
	for i, decision := range kept {
		var evaluated pipeline.Evaluated
		if err := json.Unmarshal(decision.Inputs, &evaluated); err != nil {
			return e, fmt.Errorf("read evaluation %s: %w", decision.Key, err)
		}
		if i == 0 {
			var err error
			harness = evaluated.Harness
			ratings, err = l.Ratings(ctx, configKey, harness)
			if err != nil && !errors.Is(err, ledger.ErrNotFound) {
				return e, err
			}
		}
		if evaluated.Harness == harness {
			e.Results = append(e.Results, resultOf(evaluated, ratings))
		}
	}
	return e, nil
}

func resultOf(evaluated pipeline.Evaluated, ratings ledger.RatingSnapshot) Result {
	result := Result{
		EvaluationID: evaluated.EvaluationID, ModelID: evaluated.ModelID, Elo: eloOf(ratings, evaluated.ModelID),
		CanonicalElo: eloOf(ratings, evaluated.CanonicalID),
	}
	for _, faced := range evaluated.Opponents {
		score := faced.Score()
		switch faced.Opponent {
		case promotion.Random:
			result.Random = &score
		case promotion.Heuristic:
			result.Heuristic = &score
		case evaluated.CanonicalID:
			result.Canonical = &score
		}
	}
	return result
}

func eloOf(ratings ledger.RatingSnapshot, model string) *Elo {
	rated, found := pipeline.RatingOf(ratings, model)
	if !found {
		return nil
	}
	return &Elo{Rating: rated.Rating, Low: rated.Low, High: rated.High}
}
