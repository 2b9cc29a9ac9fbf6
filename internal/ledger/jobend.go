package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Failure is what went wrong in an attempt.
type Failure struct {
	Class   string // such as out_of_memory or exit_40
	Message string // cut at 4 KiB
}

// Requeue says how a job goes back into the queue.
type Requeue struct {
	Failure
	// After is how long it waits at least.
	After time.Duration
	// Forgive takes the attempt out of the budget: the work was not to blame.
	Forgive bool
	// AvoidNode prefers other nodes next time.
	AvoidNode bool
	// ResumeFrom is the reference of a checkpoint; empty keeps the one before.
	ResumeFrom string
	// Request replaces the request, such as one with half the batch; nil keeps it.
	Request json.RawMessage
}

// CompleteJob stores the result of a job and releases what waits for it. It holds even if somebody wanted the job
// cancelled: the work is done.
func (s *Session) CompleteJob(ctx context.Context, lease Lease, result json.RawMessage) (Job, error) {
	if err := document("result", result); err != nil {
		return Job{}, fmt.Errorf("complete %s: %w", lease, err)
	}
	return s.endLeased(ctx, "complete", lease, ending{outcome: OutcomeCompleted, apply: func(t *tx, j *Job) error {
		j.Result = result
		j.ErrorClass, j.Error = "", ""
		j.finish(Completed, t.now)
		return t.releaseDependants(j.ID)
	}})
}

// FailJob ends a job for good, and cancels what waits for it. The job that is returned is failed, or cancelled if
// somebody wanted that.
func (s *Session) FailJob(ctx context.Context, lease Lease, failure Failure) (Job, error) {
	return s.endLeased(ctx, "fail", lease, ending{outcome: OutcomeFailed, failure: failure, apply: func(t *tx, j *Job) error {
		if !j.CancelRequestedAt.IsZero() {
			return t.cancel(j)
		}
		return t.fail(j, failure)
	}})
}

// RequeueJob gives a job back after an attempt. The job that is returned is pending, or failed if no attempts are
// left, or cancelled if somebody wanted that.
func (s *Session) RequeueJob(ctx context.Context, lease Lease, r Requeue) (Job, error) {
	if err := firstError(document("request", r.Request), short("resume_from", r.ResumeFrom)); err != nil {
		return Job{}, fmt.Errorf("requeue %s: %w", lease, err)
	}
	return s.endLeased(ctx, "requeue", lease, ending{outcome: OutcomeRequeued, failure: r.Failure, apply: func(t *tx, j *Job) error {
		if r.AvoidNode {
			j.avoid(j.Node)
		}
		if r.ResumeFrom != "" {
			j.ResumeFrom = r.ResumeFrom
		}
		if r.Request != nil {
			j.Request = r.Request
		}
		if r.Forgive && j.Status == Running {
			j.Forgiven++
		}
		return t.requeue(j, r.Failure, t.now.Add(max(r.After, 0)))
	}})
}

// PreemptJob gives a job back to make room for another one. It costs no attempt, and the job keeps its place: it has
// waited since before.
func (s *Session) PreemptJob(ctx context.Context, lease Lease, resumeFrom string) (Job, error) {
	if err := short("resume_from", resumeFrom); err != nil {
		return Job{}, fmt.Errorf("preempt %s: %w", lease, err)
	}
	return s.endLeased(ctx, "preempt", lease, ending{outcome: OutcomePreempted, apply: func(t *tx, j *Job) error {
		j.Preemptions++
		if j.Status == Running {
			j.Forgiven++
		}
		if resumeFrom != "" {
			j.ResumeFrom = resumeFrom
		}
		return t.requeue(j, Failure{}, j.ReadyAt)
	}})
}

// JobStopped tells that a job that somebody wanted cancelled has stopped on its node.
func (s *Session) JobStopped(ctx context.Context, lease Lease, resumeFrom string) (Job, error) {
	if err := short("resume_from", resumeFrom); err != nil {
		return Job{}, fmt.Errorf("stop %s: %w", lease, err)
	}
	return s.endLeased(ctx, "stop", lease, ending{outcome: OutcomeCancelled, apply: func(t *tx, j *Job) error {
		if resumeFrom != "" {
			j.ResumeFrom = resumeFrom
		}
		if j.CancelRequestedAt.IsZero() {
			j.CancelRequestedAt, j.CancelReason = t.now, "stopped by its node"
		}
		return t.cancel(j)
	}})
}
