package pipeline

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Work is how a daemon carries out its stage. Each call may be repeated with the same order.
type Work interface {
	// Prepare says which job an order needs. Its key, iteration and config are filled in by the owner. Wait says that the
	// order cannot be begun yet, Fault that it never can; Done that it needs no job.
	Prepare(ctx context.Context, session *ledger.Session, order ledger.Stage) (ledger.JobSpec, error)
	// Finish proves what the job has left, and says what came of the stage: a result for the ledger, and what is to be
	// told. Fault says that it does not stand the proof.
	Finish(ctx context.Context, session *ledger.Session, order ledger.Stage, report jobs.Report) (result any, told []bus.Payload, err error)
}

// Teller is implemented by work that tells of more than what came of its orders. Each of its facts has a natural key.
type Teller interface {
	// Began tells of a job that was submitted for an order; nil: nothing.
	Began(order ledger.Stage, job ledger.Job) (bus.Payload, error)
	// Failed tells why an order has failed; the job has no id if there was none.
	Failed(order ledger.Stage, job ledger.Job, class, reason string) bus.Payload
}

// Wait says why an order cannot be begun yet.
func Wait(format string, args ...any) error { return &wait{fmt.Sprintf(format, args...)} }

// Fault says why an order has failed. The class is for programs, the text for people.
func Fault(class, format string, args ...any) error {
	return &fault{class: class, text: fmt.Sprintf(format, args...)}
}

// Done ends an order that needs no job.
func Done(result any, told ...bus.Payload) error { return &done{result, told} }

type wait struct{ reason string }

func (w *wait) Error() string { return w.reason }

type fault struct {
	class, text string
	again       spec.Stage // that has made what is lost; empty: nothing is
}

func (f *fault) Error() string { return f.text }

type done struct {
	result any
	told   []bus.Payload
}

func (d *done) Error() string { return "nothing is left to do" }

// Failure is what an event tells of an order that has failed.
func Failure(order ledger.Stage, job ledger.Job, class, reason string) bus.StageFailure {
	return bus.StageFailure{
		Config: bus.ConfigOf(order.ConfigKey), Stage: order.Stage, Iteration: order.Iteration, Attempt: order.Attempt,
		JobID: job.ID, Error: reason, ErrorClass: class,
	}
}

// WorkOf is what an event tells of an order that is carried out.
func WorkOf(order ledger.Stage, jobID string) bus.StageWork {
	return bus.StageWork{Config: bus.ConfigOf(order.ConfigKey), Iteration: order.Iteration, Attempt: order.Attempt, JobID: jobID}
}
