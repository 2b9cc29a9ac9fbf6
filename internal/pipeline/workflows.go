package pipeline

import (
	"context"
	"errors"

	"github.com/ringrift/orchestrator/internal/spec"
)

// ErrSilent says that the last run of a pipeline does not tell what it knew, so that no other one is started.
var ErrSilent = errors.New("its last run does not tell who holds it: see its page in the Web UI")

// Workflows are the pipelines as Temporal runs them.
type Workflows interface {
	// Tell brings a pipeline facts, and starts it if it does not run, with what its last run knew; ErrSilent.
	Tell(ctx context.Context, configKey string, facts spec.PipelineFacts) error
	// Runs says whether a pipeline's workflow is open.
	Runs(ctx context.Context, configKey string) (bool, error)
	// Status asks a pipeline where it is; found is false if it does not run.
	Status(ctx context.Context, configKey string) (status spec.PipelineStatus, found bool, err error)
}
