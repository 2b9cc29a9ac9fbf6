package pipeline

import (
	"context"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Workflows are the pipelines as Temporal runs them.
type Workflows interface {
	// Tell brings a pipeline facts, and starts it if it does not run.
	Tell(ctx context.Context, configKey string, facts spec.PipelineFacts) error
	// Runs says whether a pipeline's workflow is open.
	Runs(ctx context.Context, configKey string) (bool, error)
	// Status asks a pipeline where it is; found is false if it does not run.
	Status(ctx context.Context, configKey string) (status spec.PipelineStatus, found bool, err error)
}
