package activities

import (
	"context"

	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Pipelines writes what training loops decide into the ledger.
type Pipelines struct {
	Recorder *pipeline.Recorder
}

// ActPipeline carries out one act of a training loop. Done twice it changes nothing and says what the ledger says now.
func (p *Pipelines) ActPipeline(ctx context.Context, act spec.PipelineAct) (spec.PipelineFacts, error) {
	return p.Recorder.Act(ctx, act)
}
