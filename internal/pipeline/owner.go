package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Work is how a daemon carries out its stage. Each call may be repeated with the same order.
type Work interface {
	// Prepare says which job an order needs. Its key, kind of iteration and config are filled in by the owner. Wait says
	// that the order cannot be begun yet, Fault that it never can; Done that it needs no job.
	Prepare(ctx context.Context, l *ledger.Ledger, order ledger.Stage) (ledger.JobSpec, error)
	// Finish proves what the job has left, and says what came of the stage: a result for the ledger, and what is to be
	// told. Fault says that it does not stand the proof.
	Finish(ctx context.Context, session *ledger.Session, order ledger.Stage, report jobs.Report) (result any, told []bus.Payload, err error)
}

// Wait says why an order cannot be begun yet.
func Wait(format string, args ...any) error { return &wait{fmt.Sprintf(format, args...)} }

// Fault says why an order has failed. The class is for programs, the text for people.
func Fault(class, format string, args ...any) error {
	return &fault{class, fmt.Sprintf(format, args...)}
}

// Done ends an order that needs no job.
func Done(result any, told ...bus.Payload) error { return &done{result, told} }

type wait struct{ reason string }

func (w *wait) Error() string { return w.reason }

type fault struct{ class, text string }

func (f *fault) Error() string { return f.text }

type done struct {
	result any
	told   []bus.Payload
}

func (d *done) Error() string { return "nothing is left to do" }

// Owner carries out the orders of one stage. One round looks at each open order once.
type Owner struct {
	Stage spec.Stage
	Work  Work
	// Log takes facts. They are told before the ledger has them, so that none is lost; told twice they are one event.
	Log *bus.Session
}

// NewOwner returns the owner of a stage, which speaks in the name of its daemon.
func NewOwner(stage spec.Stage, work Work, log *bus.Session) *Owner { return &Owner{stage, work, log} }

// Round is what one round found and did.
type Round struct {
	Open    int // orders that were there
	Waiting []string
	Begun   int
	Ended   int
	Failed  []string
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
			return o.settle(ctx, session, order, err, seen)
		}
	}
	if err != nil {
		return err
	}
	if err := o.tellQueued(ctx, order, job); err != nil {
		return err
	}
	switch {
	case job.Status == ledger.Completed:
		err = o.finish(ctx, session, order, job)
	case job.Status.Final():
		err = Fault(class(job), "job %s: %s", job.ID, text(job))
	default:
		err = Wait("job %s %s", job.ID, place(job))
	}
	return o.settle(ctx, session, order, err, seen)
}

// begin queues the job of an order.
func (o *Owner) begin(ctx context.Context, session *ledger.Session, order ledger.Stage, seen *Round) (ledger.Job, error) {
	wanted, err := o.Work.Prepare(ctx, session.Ledger(), order)
	if err != nil {
		return ledger.Job{}, err
	}
	wanted.IdempotencyKey, wanted.ConfigKey = JobKey(order), order.ConfigKey
	wanted.IterationID = IterationID(order.ConfigKey, order.Iteration)
	submitted, err := session.SubmitJobs(ctx, []ledger.JobSpec{wanted})
	if err != nil {
		return ledger.Job{}, err
	}
	seen.Begun++
	return submitted[0].Job, nil
}

// tellQueued says that an order's job is in the queue. What the order waits for names the job once that was told: who
// dies in between leaves it to the next look.
func (o *Owner) tellQueued(ctx context.Context, order ledger.Stage, job ledger.Job) error {
	if strings.Contains(order.Waiting, job.ID) {
		return nil
	}
	queued := bus.Work{Config: bus.ConfigOf(job.ConfigKey), JobID: job.ID, Kind: job.Kind, Priority: job.Priority}
	return o.tell(ctx, order, bus.WorkQueued{Work: queued})
}

func (o *Owner) finish(ctx context.Context, session *ledger.Session, order ledger.Stage, job ledger.Job) error {
	var report jobs.Report
	if err := json.Unmarshal(job.Result, &report); err != nil {
		return Fault("bad_result", "the result of job %s cannot be read: %v", job.ID, err)
	}
	result, told, err := o.Work.Finish(ctx, session, order, report)
	if err != nil {
		return err
	}
	return Done(result, told...)
}

// settle writes down what came of a look at an order.
func (o *Owner) settle(ctx context.Context, session *ledger.Session, order ledger.Stage, err error, seen *Round) error {
	var (
		waits  *wait
		failed *fault
		ended  *done
	)
	switch {
	case errors.As(err, &ended):
		seen.Ended++
		return o.end(ctx, session, order, ended)
	case errors.As(err, &failed):
		seen.Failed = append(seen.Failed, fmt.Sprintf("iteration %d of %s: %s", order.Iteration, order.ConfigKey, failed.text))
		_, err = session.EndStage(ctx, order.StageKey, order.Attempt, ledger.StageEnd{State: ledger.StageFailed, ErrorClass: failed.class, Error: failed.text})
		return unlessOver(err)
	case errors.As(err, &waits):
		seen.Waiting = append(seen.Waiting, fmt.Sprintf("iteration %d of %s: %s", order.Iteration, order.ConfigKey, waits.reason))
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
	_, err = session.EndStage(ctx, order.StageKey, order.Attempt, ledger.StageEnd{State: ledger.StageDone, Result: result})
	return unlessOver(err)
}

func (o *Owner) tell(ctx context.Context, order ledger.Stage, payload bus.Payload) error {
	event, err := o.Log.Event(payload)
	if err != nil {
		return err
	}
	event.ConfigKey, event.CorrelationID = order.ConfigKey, IterationID(order.ConfigKey, order.Iteration)
	return o.Log.PublishEvent(ctx, event)
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
