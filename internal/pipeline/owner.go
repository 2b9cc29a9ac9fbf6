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
		return Fault(class(job), "job %s: %s", job.ID, text(job))
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

// settle writes down what came of a look at an order.
func (o *Owner) settle(ctx context.Context, session *ledger.Session, order ledger.Stage, job ledger.Job, err error, seen *Round) error {
	var (
		waits  *wait
		failed *fault
		ended  *done
		lacks  *lacking
	)
	if errors.As(err, &lacks) {
		err = o.miss(ctx, session.Ledger(), order, job, lacks)
	}
	if errors.Is(err, ErrMissing) || errors.Is(err, ledger.ErrNotFound) {
		err = Fault("missing", "%v", err) // it ends this order, and holds up no other one
	}
	switch {
	case errors.As(err, &ended):
		seen.Ended++
		return o.end(ctx, session, order, ended)
	case errors.As(err, &failed):
		seen.Failed = append(seen.Failed, fmt.Sprintf("iteration %d of %s: %s", order.Iteration, order.ConfigKey, failed.text))
		return o.fail(ctx, session, order, job, failed)
	case errors.As(err, &waits):
		seen.wait(order, waits.reason)
		return unlessOver(session.StageWaits(ctx, order.StageKey, order.Attempt, waits.reason))
	}
	return err
}

func (o *Owner) end(ctx context.Context, session *ledger.Session, order ledger.Stage, ended *done) error {
	for _, payload := range ended.told {
		if err := o.tell(ctx, order, payload); err != nil {
			return err
		}
	}
	result, err := json.Marshal(ended.result)
	if err != nil {
		return fmt.Errorf("encode the result: %w", err)
	}
	return o.conclude(ctx, session, order, ledger.StageEnd{State: ledger.StageDone, Result: result})
}

func (o *Owner) fail(ctx context.Context, session *ledger.Session, order ledger.Stage, job ledger.Job, failed *fault) error {
	if teller, tells := o.Work.(Teller); tells {
		if err := o.tell(ctx, order, teller.Failed(order, job, failed.class, failed.text)); err != nil {
			return err
		}
	}
	end := ledger.StageEnd{State: ledger.StageFailed, ErrorClass: failed.class, Error: failed.text}
	if failed.again != "" {
		var err error
		if end.Result, err = json.Marshal(lostResult{failed.again}); err != nil {
			return fmt.Errorf("encode what is lost: %w", err)
		}
	}
	if err := cancelJobs(ctx, session, order, failed.text); err != nil {
		return err
	}
	return o.conclude(ctx, session, order, end)
}

// conclude ends an order in the ledger, and then tells the training loop to look there: it goes on at once.
func (o *Owner) conclude(ctx context.Context, session *ledger.Session, order ledger.Stage, end ledger.StageEnd) error {
	if _, err := session.EndStage(ctx, order.StageKey, order.Attempt, end); err != nil {
		return unlessOver(err)
	}
	return o.tell(ctx, order, bus.PipelineStageEnded{
		Config: bus.ConfigOf(order.ConfigKey), Stage: order.Stage, Iteration: order.Iteration, Attempt: order.Attempt, State: string(end.State),
	})
}

// unlessOver takes it for no error that the order has ended meanwhile: its deadline has come, or it was ended by the
// copy of this daemon before.
func unlessOver(err error) error {
	if errors.Is(err, ledger.ErrConflict) {
		return nil
	}
	return err
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
