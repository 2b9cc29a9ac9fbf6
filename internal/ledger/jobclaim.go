package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// maxLease bounds how long a dead node can keep a job.
const maxLease = time.Hour

// ClaimJob gives a pending job to a node for a time. The job that is returned carries the token; its next attempt is
// one more than its Attempt. If it is not pending any more, or not for this node, the error is an ErrConflict
// that says why.
func (s *Session) ClaimJob(ctx context.Context, id, node string, lease time.Duration) (Job, error) {
	act := fmt.Sprintf("claim job %s for %s", id, node)
	if err := firstError(text("node", node), leaseTime(lease)); err != nil {
		return Job{}, fmt.Errorf("%s: %w", act, err)
	}
	return s.changeJob(ctx, act, id, func(t *tx, j *Job) error {
		if err := j.claimable(node, t.now); err != nil {
			return err
		}
		j.Status, j.Node = Claimed, node
		j.Token++
		j.ClaimedAt, j.LeaseUntil = t.now, t.now.Add(lease)
		_, err := t.exec(`INSERT INTO job_attempts (job_id, token, attempt, kind, config_key, class, node, ready_at, claimed_at, outcome, error_class, error)
			VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, '', '', '')`,
			j.ID, j.Token, j.Kind, j.ConfigKey, int64(j.Class), node, micros(j.ReadyAt), micros(t.now))
		return err
	})
}

func (j Job) claimable(node string, now time.Time) error {
	switch {
	case j.Status != Pending:
		return fmt.Errorf("it is %s, node %q: %w", j.Status, j.Node, ErrConflict)
	case j.ReadyAt.After(now):
		return fmt.Errorf("it is not ready before %s: %w", j.ReadyAt.Format(time.RFC3339), ErrConflict)
	case slices.Contains(j.ExcludedNodes, node):
		return fmt.Errorf("it excludes this node: %w", ErrConflict)
	case j.TargetNode != "" && j.TargetNode != node && (j.TargetUntil.IsZero() || j.TargetUntil.After(now)):
		return fmt.Errorf("it is kept for %s: %w", j.TargetNode, ErrConflict)
	}
	return nil
}

// StartJob tells that the node begins to work. It counts the attempt, once for a lease however often it is called.
// The job that is returned may carry a request to cancel.
func (s *Session) StartJob(ctx context.Context, lease Lease, extend time.Duration) (Job, error) {
	if err := leaseTime(extend); err != nil {
		return Job{}, fmt.Errorf("start %s: %w", lease, err)
	}
	return s.changeLeased(ctx, "start", lease, func(t *tx, j *Job) error {
		j.RenewedAt, j.LeaseUntil = t.now, t.now.Add(extend)
		if j.Status == Running {
			return nil
		}
		j.Status, j.StartedAt = Running, t.now
		j.Attempt++
		_, err := t.exec("UPDATE job_attempts SET attempt = ?, started_at = ? WHERE job_id = ? AND token = ?", j.Attempt, micros(t.now), j.ID, j.Token)
		return err
	})
}

// RenewJob extends a lease, also one that has lapsed and that nobody has taken back yet. It says whether somebody
// wants the job cancelled.
func (s *Session) RenewJob(ctx context.Context, lease Lease, extend time.Duration) (cancelRequested bool, err error) {
	act := "renew " + lease.String()
	if err := leaseTime(extend); err != nil {
		return false, fmt.Errorf("%s: %w", act, err)
	}
	err = s.write(ctx, act, func(t *tx) error {
		requested, held, err := first(t.access, scanTime, `UPDATE jobs SET renewed_at = ?, lease_until = ?
			WHERE job_id = ? AND token = ? AND status IN ('claimed', 'running') RETURNING cancel_requested_at`,
			micros(t.now), micros(t.now.Add(extend)), lease.JobID, lease.Token)
		cancelRequested = !requested.IsZero()
		if held || err != nil {
			return err
		}
		j, err := t.lockJob(lease.JobID)
		if err != nil {
			return err
		}
		return stale(j)
	})
	return cancelRequested, err
}

func leaseTime(lease time.Duration) error {
	if lease < time.Millisecond || lease > maxLease {
		return fmt.Errorf("lease is %s: give 1ms to %s: %w", lease, maxLease, ErrInvalid)
	}
	return nil
}
