package modeldistribution

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// candidates are the models that were trained and are not decided on: the training was in vain if the node dies that has
// the only copy. Any node may have another.
func (r *round) candidates(ctx context.Context) (all []spare, err error) {
	for _, stage := range []spec.Stage{spec.StageEvaluating, spec.StageDeciding} {
		open, err := r.Ledger().OpenStages(ctx, string(stage))
		if err != nil {
			return nil, err
		}
		for _, order := range open {
			trained, err := pipeline.Result[pipeline.Trained](ctx, r.Ledger(), order.ConfigKey, order.Iteration, spec.StageTraining)
			if errors.Is(err, pipeline.ErrMissing) {
				continue // it is made once more
			}
			if err != nil {
				return nil, err
			}
			if trained.ModelID != "" {
				all = append(all, r.candidate(order.ConfigKey, trained))
			}
		}
	}
	return all, nil
}

func (r *round) candidate(configKey string, trained pipeline.Trained) spare {
	one := spare{
		place: trained.Model.Place, sha256: trained.Model.SHA256, configKey: configKey,
		reason: fmt.Sprintf("candidate %s has no second copy", trained.ModelID), may: func(ledger.Node) bool { return true },
	}
	for _, node := range r.living() {
		if r.has(node, one.sha256.String()) {
			one.holders = append(one.holders, node)
		}
	}
	return one
}
