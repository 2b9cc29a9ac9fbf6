package jobs

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/run"
)

// Classes of endings beside those of the contract (workload.Decide).
const (
	classNoWorkload = "no_workload"          // the node does not have it, or not this command or configuration
	classNoDevice   = "no_device"            // the node's GPUs are taken
	classNoInput    = "no_input"             // no node that answers has an input
	classDenied     = "unauthorized"         // the node's token is refused by the others
	classTooLarge   = "too_large"            // what the workload says is more than the orchestrator keeps
	classDiskFull   = "disk_full"            // as in the contract
	classBadInput   = workload.ClassBadInput // as in the contract
	classBadRequest = "bad_request"          // as in the contract
	classProtocol   = workload.ClassProtocol // as in the contract
	classPreempted  = "preempted"            // as in the contract
	classInternal   = workload.ClassInternal // as in the contract
	classLost       = "lost"                 // as in the contract: an attempt that had begun
	classUnreached  = "unreached"            // an attempt that no worker has begun
	classRefused    = "ledger_refuse"        // the ledger holds something else under the same identity
)

// verdict is an error that says what becomes of the job.
type verdict struct{ workload.Decision }

func (v *verdict) Error() string { return v.Class + ": " + v.Reason }

// permanent ends the job for ever.
func permanent(class, format string, arguments ...any) error {
	return &verdict{workload.Decision{Action: workload.ActionFail, Burns: true, Class: class, Reason: fmt.Sprintf(format, arguments...)}}
}

// elsewhere sends the job to another node.
func elsewhere(class, format string, arguments ...any) error {
	return &verdict{workload.Decision{Action: workload.ActionRetryElsewhere, Burns: true, Class: class, Reason: fmt.Sprintf(format, arguments...)}}
}

// judge finds what follows for the job from an error of this node; an error that says nothing about the job is
// returned.
func judge(ctx context.Context, err error) (workload.Decision, error) {
	var known *verdict
	switch {
	case errors.As(err, &known):
		return known.Decision, nil
	case ctx.Err() != nil:
		return stopped(ctx), nil
	case errors.Is(err, data.ErrNoSpace) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return workload.Decision{Action: workload.ActionRetryElsewhere, Burns: true, Class: classDiskFull, NodeFault: true, Reason: err.Error()}, nil
	case errors.Is(err, data.ErrCorrupt):
		return workload.Decision{Action: workload.ActionRebuildInput, Burns: true, Class: classBadInput, Reason: err.Error()}, nil
	case errors.Is(err, transfer.ErrUnauthorized):
		return workload.Decision{Action: workload.ActionRetryElsewhere, Burns: true, Class: classDenied, NodeFault: true, Reason: err.Error()}, nil
	case errors.Is(err, transfer.ErrNoSource), errors.Is(err, transfer.ErrUnavailable), errors.Is(err, data.ErrMismatch):
		// It may come back with its node, so the job waits for it.
		return workload.Decision{Action: workload.ActionWait, Class: classNoInput, Reason: err.Error()}, nil
	}
	return workload.Decision{}, err
}

// stopped is what follows when the context ends an attempt that has no result.
func stopped(ctx context.Context) workload.Decision {
	cause := workload.CauseCancelled
	switch err := context.Cause(ctx); {
	case errors.Is(err, run.ErrPreempted):
		cause = workload.CausePreempted
	case errors.Is(err, run.ErrLost):
		cause = workload.CauseLost
	}
	return workload.Decide(workload.Ending{Cause: cause, Code: workload.ExitCancelled})
}
