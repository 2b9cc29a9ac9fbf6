package autopromotion

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// gather returns all that the ledger knows about the candidate of an iteration. What it does not know stays unknown.
func gather(ctx context.Context, l *ledger.Ledger, order ledger.Stage) (e promotion.Evidence, err error) {
	trained, err := pipeline.Result[pipeline.Trained](ctx, l, order.ConfigKey, order.Iteration, spec.StageTraining)
	if err != nil {
		return e, err
	}
	evaluated, err := pipeline.Result[pipeline.Evaluated](ctx, l, order.ConfigKey, order.Iteration, spec.StageEvaluating)
	if err != nil {
		return e, err
	}
	e = promotion.Evidence{ConfigKey: order.ConfigKey, Players: bus.ConfigOf(order.ConfigKey).NumPlayers}
	if e.JudgedAt, err = l.Now(ctx); err != nil {
		return e, err
	}
	if e.Candidate, err = candidate(ctx, l, trained, evaluated); err != nil {
		return e, err
	}
	if e.Canonical, err = canonical(ctx, l, order.ConfigKey); err != nil {
		return e, err
	}
	if e.Evaluation, err = evaluation(ctx, l, evaluated); err != nil {
		return e, err
	}
	if e.CandidateRating, e.CanonicalRating, err = ratings(ctx, l, order.ConfigKey, evaluated.Harness, e); err != nil {
		return e, err
	}
	if e.Calibrated, err = pipeline.Calibrated(ctx, l, order.ConfigKey, evaluated.Harness); err != nil {
		return e, err
	}
	owned, err := l.TrainingGames(ctx, order.ConfigKey)
	e.GamesOwned = &owned
	return e, err
}

// candidate is what is known of the model that was trained. One whose nodes are away is waited for, or made again: whatever
// becomes canonical is played with and trained from.
func candidate(ctx context.Context, l *ledger.Ledger, trained pipeline.Trained, evaluated pipeline.Evaluated) (promotion.Candidate, error) {
	model, err := l.Model(ctx, trained.ModelID)
	if err != nil {
		return promotion.Candidate{}, err
	}
	found := promotion.Candidate{ModelID: model.ID, SHA256: model.SHA256}
	presence, err := pipeline.PresenceOf(ctx, l, model.SHA256)
	if err == nil && presence == pipeline.Away {
		err = pipeline.Needed(ctx, l, pipeline.Input("candidate", trained.Model))
	}
	if err != nil {
		return found, err
	}
	if evaluated.ModelID == model.ID && evaluated.Valid > 0 { // it has played
		found.Loads = known(presence == pipeline.Here)
	}
	var metrics workload.TrainMetrics
	if len(trained.Metrics) > 0 && json.Unmarshal(trained.Metrics, &metrics) == nil {
		found.Finite = known(metrics.Finite)
	}
	quarantined, err := pipeline.Quarantined(ctx, l, model.ID)
	found.Quarantined = &quarantined
	return found, err
}

// canonical is where the pointer stands; one that has never moved names no model. A model whose nodes are away is waited
// for.
func canonical(ctx context.Context, l *ledger.Ledger, configKey string) (*promotion.Pointer, error) {
	pointer, err := l.Pointer(ctx, configKey, ledger.Canonical)
	if errors.Is(err, ledger.ErrNotFound) {
		return &promotion.Pointer{}, nil
	}
	if err != nil {
		return nil, err
	}
	model, err := l.Model(ctx, pointer.ModelID)
	if err != nil {
		return nil, err
	}
	presence, err := pipeline.PresenceOf(ctx, l, model.SHA256)
	if err != nil {
		return nil, err
	}
	if presence == pipeline.Away {
		return nil, pipeline.Wait("canonical: the nodes that have the file of %s are away", model.ID)
	}
	return &promotion.Pointer{
		Sequence: pointer.Sequence, ModelID: model.ID, SHA256: model.SHA256, MovedAt: pointer.MovedAt, Loads: known(presence == pipeline.Here),
	}, nil
}

func evaluation(ctx context.Context, l *ledger.Ledger, evaluated pipeline.Evaluated) (*promotion.Evaluation, error) {
	counted, err := recount(ctx, l, evaluated)
	if err != nil {
		return nil, err
	}
	found := &promotion.Evaluation{EvalID: evaluated.EvaluationID, ModelID: evaluated.ModelID, Protocol: evaluated.Protocol, Baselines: []promotion.Tally{}}
	for _, faced := range evaluated.Opponents {
		tally := promotion.Tally{Opponent: faced.Opponent, Score: faced.Score(), Invalid: faced.Invalid, Recount: counted[faced.Opponent]}
		if faced.Opponent == evaluated.CanonicalID {
			found.HeadToHead = &tally
			continue
		}
		found.Baselines = append(found.Baselines, tally)
	}
	return found, nil
}

// ratings are those of the candidate and of the canonical model, under the harness of the evaluation.
func ratings(ctx context.Context, l *ledger.Ledger, configKey, harness string, e promotion.Evidence) (candidate, canonical *float64, err error) {
	snapshot, err := l.Ratings(ctx, configKey, harness)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if rated, found := pipeline.RatingOf(snapshot, e.Candidate.ModelID); found {
		candidate = &rated.Rating
	}
	if rated, found := pipeline.RatingOf(snapshot, e.Canonical.ModelID); found {
		canonical = &rated.Rating
	}
	return candidate, canonical, nil
}

func known(fact bool) *bool { return &fact }
