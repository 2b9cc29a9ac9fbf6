package pipeline

import (
	"context"
	"errors"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/promotion"
)

// The kinds of decisions that the stages of an iteration leave in the ledger.
const (
	DecisionTraining    = "training"          // a dataset is trained on from a parent: <dataset id>/<model id>
	DecisionEvaluation  = "evaluation"        // an evaluation counts: its id
	DecisionPromotion   = "promotion"         // a candidate becomes canonical or not
	DecisionQuarantine  = "quarantine"        // a model must not be promoted: its id
	DecisionGauntlet    = "gauntlet_feedback" // what follows from an evaluation for the next training: its id
	DecisionProduction  = "production"        // canonical goes into production, production is rolled back, or neither
	DecisionCalibration = "calibration"       // whether the baselines score as they should: the tournament that was played for it
	DecisionDistilled   = "distillation"      // a small model was made of a canonical one, and is served or not: the teacher's id
)

// Promotion is what a decision of the kind DecisionPromotion was taken from, and all that it takes to replay it. That of a
// configuration's first model, with the verdict bootstrap, has other inputs.
type Promotion struct {
	Iteration int64            `json:"iteration"`
	Record    promotion.Record `json:"record"`
}

// Quarantined says whether a model must not be promoted.
func Quarantined(ctx context.Context, l *ledger.Ledger, modelID string) (bool, error) {
	_, err := l.Decision(ctx, DecisionQuarantine, modelID)
	if errors.Is(err, ledger.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
