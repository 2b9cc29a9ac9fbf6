package jobs

import (
	"context"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Workflows are the granted jobs, as the scheduler and the operator's tools reach them. Its errors mean that
// Temporal is away.
type Workflows interface {
	// Grant starts the workflow of a grant. The same grant twice is one workflow; while an older grant of the
	// job still has its workflow, it returns false.
	Grant(ctx context.Context, grant spec.JobGrant) (started bool, err error)
	// Stop asks a running job to end, by one of the job signals. One that does not run is no error.
	Stop(ctx context.Context, jobID, signal string, stop spec.JobStop) error
	// Look tells how the workflow of a job stands.
	Look(ctx context.Context, jobID string) (Look, error)
}

// Look is how the workflow of a job stands.
type Look struct {
	Open bool
	// Token is of the grant that it belongs to.
	Token int64
	// Progress is from the last heartbeat, nil if there was none.
	Progress *Progress
	// Worker is the process that runs the attempt, empty if none does now.
	Worker string
}
