package ledger

import "time"

// ending is how a claim ends.
type ending struct {
	outcome string
	failure Failure
	// apply changes the job; it runs before the claim is closed.
	apply func(*tx, *Job) error
}

// end closes the claim of a job.
func (t *tx) end(j *Job, e ending) error {
	node, token := j.Node, j.Token
	if err := e.apply(t, j); err != nil {
		return err
	}
	outcome := e.outcome
	if j.Status == Cancelled {
		outcome = OutcomeCancelled
	}
	_, err := t.exec("UPDATE job_attempts SET ended_at = ?, outcome = ?, error_class = ?, error = ? WHERE job_id = ? AND token = ? AND node = ?",
		micros(t.now), outcome, cut(e.failure.Class), cut(e.failure.Message), j.ID, token, node)
	return err
}

// requeue puts a job back unless it is out of attempts or somebody wanted it cancelled.
func (t *tx) requeue(j *Job, failure Failure, readyAt time.Time) error {
	switch {
	case !j.CancelRequestedAt.IsZero():
		return t.cancel(j)
	case j.Spent() >= j.MaxAttempts:
		return t.fail(j, failure)
	}
	j.ErrorClass, j.Error = cut(failure.Class), cut(failure.Message)
	j.release()
	j.Status, j.ReadyAt = Pending, readyAt
	return nil
}

func (t *tx) fail(j *Job, failure Failure) error {
	j.ErrorClass, j.Error = cut(failure.Class), cut(failure.Message)
	j.finish(Failed, t.now)
	return t.cancelDependants(j.ID)
}

func (t *tx) cancel(j *Job) error {
	j.ErrorClass, j.Error = ClassCancelled, j.CancelReason
	j.finish(Cancelled, t.now)
	return t.cancelDependants(j.ID)
}

// finish ends a job; its node and times stay for people to see.
func (j *Job) finish(status Status, now time.Time) {
	j.Status, j.FinishedAt, j.LeaseUntil = status, now, time.Time{}
}
