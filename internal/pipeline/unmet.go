package pipeline

import (
	"context"
	"strings"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Unmet is implemented by work whose job may find that there is nothing to do (exit code 12 of the contract). A job's
// inputs never change, so it would find that again for ever; the order ends instead, with a result and no failure.
type Unmet interface {
	// Unmet says what came of the stage, for the reason that its job gave.
	Unmet(ctx context.Context, session *ledger.Session, order ledger.Stage, jobID, reason string) (result any, told []bus.Payload, err error)
}

// nothingToDo begins the reason for which yield cancels a job. Who dies after that finds it there.
const nothingToDo = "it has nothing to do: "

// unmetReason says why a job has nothing to do, if it has not. It waits for its turn again then, or was cancelled for that.
func unmetReason(job ledger.Job) (reason string, unmet bool) {
	if job.Status == ledger.Cancelled {
		return strings.CutPrefix(job.CancelReason, nothingToDo)
	}
	return job.Error, job.Status == ledger.Pending && job.ErrorClass == workload.ClassPrecondition
}

// yield ends an order whose job has nothing to do. The job ends first: once the order has, nobody looks after it.
func yield(ctx context.Context, session *ledger.Session, order ledger.Stage, work Unmet, jobID, reason string) error {
	if _, err := session.CancelJob(ctx, jobID, nothingToDo+reason); err != nil {
		return err
	}
	result, told, err := work.Unmet(ctx, session, order, jobID, reason)
	if err != nil {
		return err
	}
	return Done(result, told...)
}
