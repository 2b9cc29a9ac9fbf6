package evaluation

import (
	"context"
	"errors"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

// players are the files of the candidate and of the canonical model. One whose file is gone is not played against; one
// that may come back is waited for.
func players(ctx context.Context, l *ledger.Ledger, configKey, candidate string) ([]jobs.Input, error) {
	model, err := l.Model(ctx, candidate)
	if err != nil {
		return nil, err
	}
	input, presence, err := player(ctx, l, inputCandidate, model)
	switch {
	case err != nil:
		return nil, err
	case presence == pipeline.Gone:
		return nil, pipeline.Fault("missing", "no node has the file of candidate %s", candidate)
	}
	inputs := []jobs.Input{input}
	model, err = pipeline.CanonicalModel(ctx, l, configKey)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return inputs, nil
	case err != nil:
		return nil, err
	case model.ID == candidate:
		return nil, pipeline.Fault("same_model", "candidate %s is the canonical model itself", candidate)
	}
	input, presence, err = player(ctx, l, inputCanonical, model)
	if err != nil || presence == pipeline.Gone {
		return inputs, err
	}
	return append(inputs, input), nil
}

// player is the file of a model that is here, or gone.
func player(ctx context.Context, l *ledger.Ledger, name string, model ledger.Model) (jobs.Input, pipeline.Presence, error) {
	input, err := pipeline.ModelInput(ctx, l, name, model)
	if err != nil {
		return input, "", err
	}
	presence, err := pipeline.PresenceOf(ctx, l, model.SHA256)
	if err == nil && presence == pipeline.Away {
		err = pipeline.Needed(ctx, l, input)
	}
	return input, presence, err
}
