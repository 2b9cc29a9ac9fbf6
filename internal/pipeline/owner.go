package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Owner carries out the orders of one stage. One round looks at each open order once.
type Owner struct {
	Stage spec.Stage
	Work  Work
	// Log takes facts. They are told before the ledger has them, so that none is lost; told twice they are one event.
	Log *bus.Session

	told map[string]bool // ids of what was told of jobs under way
}

// NewOwner returns the owner of a stage, which speaks in the name of its daemon.
func NewOwner(stage spec.Stage, work Work, log *bus.Session) *Owner {
	return &Owner{stage, work, log, map[string]bool{}}
}

// Round goes through the open orders of the stage. An error ends it: the ledger or the bus is away, or this copy is
// fenced.
func (o *Owner) Round(ctx context.Context, session *ledger.Session) (Round, error) {
	var seen Round
	orders, err := session.Ledger().OpenStages(ctx, string(o.Stage))
	if err != nil {
		return seen, err
	}
	seen.Open = len(orders)
	for _, order := range orders {
		if err := o.attend(ctx, session, order, &seen); err != nil {
			return seen, fmt.Errorf("%s of iteration %d of %s: %w", o.Stage, order.Iteration, order.ConfigKey, err)
		}
	}
	return seen, nil
}

// attend takes one order as far as it goes now.
func (o *Owner) attend(ctx context.Context, session *ledger.Session, order ledger.Stage, seen *Round) error {
	job, err := session.Ledger().JobByKey(ctx, JobKey(order))
	if errors.Is(err, ledger.ErrNotFound) {
		job, err = o.begin(ctx, session, order, seen)
		if err != nil {
			return o.settle(ctx, session, order, job, err, seen)
		}
	}
	if err != nil {
		return err
	}
	if err := o.tellBegan(ctx, order, job); err != nil {
		return err
	}
	if err := o.watch(ctx, session, order, job); err != nil {
		return err
	}
	unmet, can := o.Work.(Unmet)
	reason, idle := unmetReason(job)
	switch {
	case can && idle:
		err = yield(ctx, session, order, unmet, job.ID, reason)
	case job.Status.Final():
		err = o.finish(ctx, session, order, job)
	case job.Status == ledger.Pending:
		err = needed(ctx, session.Ledger(), job.Request) // no node could begin it
	}
	if err == nil {
		err = Wait("job %s %s", job.ID, place(job))
	}
	return o.settle(ctx, session, order, job, err, seen)
}

// begin queues the job of an order.
func (o *Owner) begin(ctx context.Context, session *ledger.Session, order ledger.Stage, seen *Round) (ledger.Job, error) {
	wanted, err := o.Work.Prepare(ctx, session, order)
	if err == nil {
		err = needed(ctx, session.Ledger(), wanted.Request)
	}
	if err != nil {
		return ledger.Job{}, err
	}
	job, err := submit(ctx, session, order, JobKey(order), wanted)
	if err == nil {
		seen.Begun++
	}
	return job, err
}

// submit queues a job of an order, unless there is one of the key.
func submit(ctx context.Context, session *ledger.Session, order ledger.Stage, key string, wanted ledger.JobSpec) (ledger.Job, error) {
	wanted.IdempotencyKey, wanted.ConfigKey = key, order.ConfigKey
	wanted.IterationID = IterationID(order.ConfigKey, order.Iteration)
	submitted, err := session.SubmitJob(ctx, wanted)
	return submitted.Job, err
}

// finish says what came of an order whose job is over.
func (o *Owner) finish(ctx context.Context, session *ledger.Session, order ledger.Stage, job ledger.Job) error {
	if job.Status != ledger.Completed {
		return o.failed(ctx, session, order, job)
	}
	report, err := reportOf(job)
	if err != nil {
		return err
	}
	if audited, can := o.Work.(Audited); can {
		if err := o.audit(ctx, session, order, audited, job, report); err != nil {
			return err
		}
	}
	result, told, err := o.Work.Finish(ctx, session, order, report)
	if err != nil {
		return err
	}
	return Done(result, told...)
}

func reportOf(job ledger.Job) (report jobs.Report, err error) {
	if err := json.Unmarshal(job.Result, &report); err != nil {
		return report, Fault("bad_result", "the result of job %s cannot be read: %v", job.ID, err)
	}
	return report, nil
}

func class(job ledger.Job) string {
	if job.ErrorClass == "" {
		return string(job.Status)
	}
	return job.ErrorClass
}

func text(job ledger.Job) string {
	if job.Error != "" {
		return job.Error
	}
	return fmt.Sprintf("%s %s", job.Status, job.CancelReason)
}

func place(job ledger.Job) string {
	if job.Node == "" || job.Status == ledger.Pending {
		return "waits for a node"
	}
	return fmt.Sprintf("is %s on node %s", job.Status, job.Node)
}
