package datapipeline

import (
	"context"
	"slices"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/spec"
)

// askQuality has the nodes judge their games just before an iteration is trained on, so that what TRAINING_TRIGGER reads
// is not older than the games. It is asked once an iteration; asked twice, it is one event.
func (d *daemon) askQuality(ctx context.Context, configKey string, facts spec.PipelineFacts) error {
	soon := slices.ContainsFunc(facts.Stages, func(one spec.StageFact) bool {
		return one.State == spec.StageOrdered && (one.Stage == spec.StageCombining || one.Stage == spec.StageTraining)
	})
	if !soon || d.asked[configKey] == facts.Iteration {
		return nil
	}
	err := d.rt.Bus.Publish(ctx, bus.QualityCheckRequested{
		Config: bus.ConfigOf(configKey), Iteration: facts.Iteration, Reason: "training is next", Priority: "normal",
	})
	if err == nil {
		d.asked[configKey] = facts.Iteration
	}
	return err
}
