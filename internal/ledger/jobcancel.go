package ledger

import (
	"context"
	"fmt"
	"time"
)

// CancelJob ends a job that no node has. A job that a node has is marked: its next RenewJob tells, and however the
// attempt ends but by completing, the job is cancelled then. A job that is over stays as it is.
func (s *Session) CancelJob(ctx context.Context, id, reason string) (Job, error) {
	return s.changeJob(ctx, "cancel job "+id, id, func(t *tx, j *Job) error {
		if j.Status.Final() || !j.CancelRequestedAt.IsZero() {
			return errUnchanged
		}
		j.CancelRequestedAt, j.CancelReason = t.now, cut(reason)
		if j.Status.leased() {
			return nil
		}
		return t.cancel(j)
	})
}

// RetryJob gives a job that failed or was cancelled a new budget of attempts. What it depends on must still
// complete. A job that is not over is left alone; a completed one is an ErrConflict.
func (s *Session) RetryJob(ctx context.Context, id string) (Job, error) {
	return s.changeJob(ctx, "retry job "+id, id, func(t *tx, j *Job) error {
		switch {
		case j.Status == Completed:
			return fmt.Errorf("it has completed: %w", ErrConflict)
		case !j.Status.Final():
			return errUnchanged
		}
		j.release()
		j.Status, j.ReadyAt, j.FinishedAt = Pending, t.now, time.Time{}
		if j.WaitingFor > 0 {
			j.Status = Waiting
		}
		j.CancelRequestedAt, j.CancelReason = time.Time{}, ""
		j.ErrorClass, j.Error = "", ""
		j.Forgiven, j.Losses, j.AvoidedNodes = j.Attempt, 0, nil
		return nil
	})
}

// SupersedeJobs cancels the jobs of a kind and config that no node has and that belong to another plan than the
// current one. Jobs of no plan stay. At most 1000 a call: it says how many, call again until none.
func (s *Session) SupersedeJobs(ctx context.Context, kind, configKey, currentPlan string) (cancelled int, err error) {
	act := fmt.Sprintf("supersede %s jobs of %s", kind, configKey)
	if err := firstError(text("kind", kind), config(configKey), text("plan", currentPlan)); err != nil {
		return 0, fmt.Errorf("%s: %w", act, err)
	}
	err = s.write(ctx, act, func(t *tx) error {
		cancelled = 0
		jobs, err := collect(t.access, scanJob, "SELECT "+jobColumns+` FROM jobs WHERE finished_at IS NULL AND kind = ? AND config_key = ?
			AND status IN ('waiting', 'pending') AND plan_id <> '' AND plan_id <> ? ORDER BY job_id LIMIT ? {for update}`,
			kind, configKey, currentPlan, maxLimit)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			j.CancelReason = "plan " + currentPlan + " is current"
			if err := t.cancel(&j); err != nil {
				return err
			}
			j.ErrorClass = ClassSuperseded
			if err := t.saveJob(j); err != nil {
				return err
			}
			cancelled++
		}
		return nil
	})
	return cancelled, err
}
