package pipeline

import (
	"context"
	"errors"
	"slices"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Suspecting is implemented by work whose command can be tried on other inputs, to find the one that it fails on.
type Suspecting interface {
	// Suspects are the inputs of a request without which the next attempt can go on, in their order.
	Suspects(request jobs.Request) []jobs.Input
	// Only is a request with others in place of its suspects, called by their names.
	Only(request jobs.Request, others []jobs.Input) (jobs.Request, error)
}

// suspicious are the classes of failures that an input may be the cause of, though nothing proves it.
func suspicious(class string) bool {
	return slices.Contains([]string{workload.ClassBadInput, workload.ClassInternal, workload.ClassProtocol}, class)
}

// failed is the error of an order whose job has failed. An input that makes its command fail each time is searched for
// first, or no attempt would ever get further.
func (o *Owner) failed(ctx context.Context, session *ledger.Session, order ledger.Stage, job ledger.Job) error {
	plain := Fault(class(job), "job %s: %s", job.ID, text(job))
	work, can := o.Work.(Suspecting)
	if !can || job.Status != ledger.Failed || !suspicious(job.ErrorClass) {
		return plain
	}
	request, err := RequestOf(job)
	if err != nil {
		return err
	}
	s := &search{owner: o, session: session, order: order, job: job, request: request, work: work, failing: job.ID}
	if spoilt, err := s.spoilt(ctx); spoilt != nil || err != nil {
		return errors.Join(spoilt, err)
	}
	times, searched, err := s.before(ctx)
	switch {
	case err != nil:
		return err
	case times < 2:
		return plain
	case !searched:
		err = s.convict(ctx)
	default:
		err = unproven("the search after an earlier attempt has found nothing")
	}
	if none := unproven(""); errors.As(err, &none) {
		return Fault(class(job), "job %s: %s; it has failed %d times on the same inputs, and none is proved to blame: %s. "+
			"Mend the workload or its nodes; the stage is tried again by itself", job.ID, text(job), times, none)
	}
	return err
}

// search is for the input that makes the job of an order fail.
type search struct {
	owner   *Owner
	session *ledger.Session
	order   ledger.Stage
	job     ledger.Job
	request jobs.Request
	work    Suspecting
	trials  int // that were looked at
	// failing and working are the ids of the last jobs that have failed, and not.
	failing, working string
}

// unproven says why a search has found nobody to blame.
type unproven string

func (u unproven) Error() string { return string(u) }

// spoilt is the fault of an order with an input that is proved corrupt; nil: none is.
func (s *search) spoilt(ctx context.Context) (spoilt, err error) {
	for _, input := range s.work.Suspects(s.request) {
		reason, err := s.session.Ledger().Spoilt(ctx, input.SHA256.String())
		if err != nil {
			return nil, err
		}
		if reason != "" {
			return Fault(workload.ClassBadInput, "job %s: input %q is to blame, and the next attempt does without it: %s", s.job.ID, input.Name, reason), nil
		}
	}
	return nil, nil
}

// before counts how often the command has failed the same way on the same inputs, in a row, and says whether an attempt
// before this one has searched for the reason.
func (s *search) before(ctx context.Context) (times int, searched bool, err error) {
	l := s.session.Ledger()
	for order := s.order; order.Attempt > 0; order.Attempt-- {
		job, err := l.JobByKey(ctx, JobKey(order))
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		if err != nil {
			return 0, false, err
		}
		if same, err := s.same(job); !same || err != nil {
			return times, searched, err
		}
		attempts, err := l.JobAttempts(ctx, job.ID)
		if err != nil {
			return 0, false, err
		}
		for _, attempt := range attempts {
			if attempt.ErrorClass == s.job.ErrorClass {
				times++
			}
		}
		if order.Attempt == s.order.Attempt {
			continue
		}
		switch _, err := l.JobByKey(ctx, TrialKey(order, 1)); {
		case err == nil:
			searched = true
		case !errors.Is(err, ledger.ErrNotFound):
			return 0, false, err
		}
	}
	return times, searched, nil
}

// same says whether a job has failed in the same way as this one, on the same inputs.
func (s *search) same(job ledger.Job) (bool, error) {
	request, err := RequestOf(job)
	return job.ErrorClass == s.job.ErrorClass && slices.EqualFunc(request.Inputs, s.request.Inputs, func(a, b jobs.Input) bool {
		return a.SHA256 == b.SHA256
	}), err
}
