package trainingtrigger

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/quality"
	"github.com/ringrift/orchestrator/internal/spec"
)

// leastJudged games must have been judged for their quality to keep anything from being trained.
const leastJudged = 20

// qualityOf is what the quality monitors of the nodes say of a configuration; nil: none has judged a game of it.
func (t *training) qualityOf(ctx context.Context, configKey string) (*quality.Standing, error) {
	cluster, err := quality.Read(ctx, t.bus.Client(), quality.Limits{})
	if err != nil {
		return nil, err
	}
	if standing, known := cluster.Of(configKey); known {
		return &standing, nil
	}
	return nil, nil
}

// goodEnough ends an iteration whose games are worth too little: the next one has others. The monitors vote; without a
// vote there is nothing against the training.
func goodEnough(_ context.Context, _ *ledger.Ledger, c candidacy) error {
	least, q := c.settings.MinQuality, c.quality
	if least == off || q == nil || q.Games < leastJudged || q.Mean >= least {
		return nil
	}
	reason := fmt.Sprintf("quality: the newest %d games are worth %.2f, at least %.2f is needed", q.Games, q.Mean, least)
	return pipeline.Done(pipeline.Trained{Verdict: spec.VerdictTooFew, Reason: reason}, bus.TrainingBlockedByQuality{
		Config: bus.ConfigOf(c.order.ConfigKey), Iteration: c.order.Iteration, DatasetID: c.combined.DatasetID,
		QualityScore: q.Mean, Threshold: least, GamesAssessed: q.Games, QualityHistory: q.Recent, Reason: reason,
		Recommendation: "look at how the games are played, or lower train.min_quality",
	})
}
