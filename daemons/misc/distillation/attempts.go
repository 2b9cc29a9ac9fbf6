package distillation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
)

const (
	longestPause = time.Hour
	doublings    = 10 // of the pause; from there on it is the longest
	// priority is that of the jobs, after specs/03 C.
	priority = 40
	// decisionRefused is that the jobs of an attempt have left what does not stand the proof: <teacher id>/<attempt>.
	decisionRefused = "distillation_refused"
)

// nextAttempt finds the attempt that is under way, or is to begin now; otherwise it says what that waits for.
func (d *distiller) nextAttempt(ctx context.Context, session *ledger.Session, c *course) (wait string, err error) {
	l := session.Ledger()
	for c.attempt = max(d.attempts[c.teacher.ID], 1); ; c.attempt++ {
		d.attempts[c.teacher.ID] = c.attempt
		failed, reason, err := d.ended(ctx, l, *c)
		if err != nil || failed.IsZero() {
			return "", err
		}
		pause := min(c.settings.RetryPause<<min(c.attempt-1, doublings), longestPause)
		now, err := l.Now(ctx)
		if err != nil {
			return "", err
		}
		if until := failed.Add(pause); now.Before(until) {
			return fmt.Sprintf("attempt %d has failed: %s; the next one begins at %s", c.attempt, reason, until.UTC().Format(time.RFC3339)), nil
		}
	}
}

// ended says when an attempt has failed, and why; the zero time if it has not.
func (d *distiller) ended(ctx context.Context, l *ledger.Ledger, c course) (at time.Time, reason string, err error) {
	refused, err := l.Decision(ctx, decisionRefused, c.name())
	if err == nil {
		return refused.DecidedAt, refused.Reason, d.tellFailed(ctx, c, refused.Verdict, refused.Reason)
	}
	if !errors.Is(err, ledger.ErrNotFound) {
		return at, "", err
	}
	for _, lesson := range lessons() {
		job, err := l.JobByKey(ctx, c.jobKey(lesson))
		switch {
		case errors.Is(err, ledger.ErrNotFound):
			return at, "", nil
		case err != nil:
			return at, "", err
		case job.Status == ledger.Failed || job.Status == ledger.Cancelled:
			reason := fmt.Sprintf("job %s (%s): %s%s", job.ID, lesson, job.Error, job.CancelReason)
			return job.FinishedAt, reason, d.tellFailed(ctx, c, job.ErrorClass, reason)
		}
	}
	return at, "", nil
}

// refuse ends an attempt whose jobs have left what does not stand the proof. The next round begins another one.
func (d *distiller) refuse(ctx context.Context, session *ledger.Session, c course, fault error) (waiting, error) {
	var wrong *badResult
	if !errors.As(fault, &wrong) {
		return waiting{}, fault
	}
	_, _, err := session.Decide(ctx, ledger.Decision{
		Kind: decisionRefused, Key: c.name(), ConfigKey: c.config, Inputs: json.RawMessage(`{}`), Verdict: "bad_result", Reason: wrong.Error(),
	})
	return waiting{wrong.Error(), true}, err
}

// attempt returns what a lesson's job has left, or what it waits for. A job that is not there yet is queued.
func (d *distiller) attempt(ctx context.Context, session *ledger.Session, c course, lesson string, before map[string]jobs.Report) (report jobs.Report, wait string, err error) {
	job, err := session.Ledger().JobByKey(ctx, c.jobKey(lesson))
	if errors.Is(err, ledger.ErrNotFound) {
		wanted, wait, err := c.lesson(ctx, session.Ledger(), lesson, before)
		if err != nil || wait != "" {
			return report, wait, err
		}
		wanted.IdempotencyKey, wanted.ConfigKey, wanted.Class, wanted.Priority = c.jobKey(lesson), c.config, ledger.Low, priority
		submitted, err := session.SubmitJob(ctx, wanted)
		if err != nil {
			return report, "", err
		}
		job = submitted.Job
	} else if err != nil {
		return report, "", err
	}
	if err := d.tellQueued(ctx, job); err != nil {
		return report, "", err
	}
	if job.Status != ledger.Completed {
		return report, fmt.Sprintf("job %s (%s) is %s", job.ID, lesson, job.Status), nil
	}
	if err := json.Unmarshal(job.Result, &report); err != nil {
		return report, "", fmt.Errorf("read the result of job %s: %w", job.ID, err)
	}
	return report, "", nil
}
