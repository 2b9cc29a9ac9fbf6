package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxAvoided bounds the nodes a job remembers to have failed on; the newest are kept.
const maxAvoided = 8

// What became of a claim.
const (
	OutcomeCompleted = "completed"
	OutcomeFailed    = "failed"
	OutcomeRequeued  = "requeued"
	OutcomePreempted = "preempted"
	OutcomeCancelled = "cancelled"
	OutcomeLost      = "lost"
)

// lockJob reads a job and keeps everybody else from changing it until the transaction ends.
func (t *tx) lockJob(id string) (Job, error) {
	return only(t.access, scanJob, "SELECT "+jobColumns+" FROM jobs WHERE job_id = ? {for update}", id)
}

// saveJob stores what may change of a job that was locked.
func (t *tx) saveJob(j Job) error {
	_, err := t.exec("UPDATE jobs SET "+strings.ReplaceAll(jobStateColumns, ",", " = ?,")+" = ? WHERE job_id = ?", append(jobState(j), j.ID)...)
	return err
}

// changeJob locks a job, lets change have it, and stores it.
func (s *Session) changeJob(ctx context.Context, act, id string, change func(*tx, *Job) error) (j Job, err error) {
	err = s.write(ctx, act, func(t *tx) (err error) {
		if j, err = t.lockJob(id); err != nil {
			return err
		}
		if err := change(t, &j); err != nil {
			return unlessUnchanged(err)
		}
		return t.saveJob(j)
	})
	return j, err
}

// changeLeased is changeJob for the holder of a lease.
func (s *Session) changeLeased(ctx context.Context, act string, lease Lease, change func(*tx, *Job) error) (Job, error) {
	return s.changeJob(ctx, act+" "+lease.String(), lease.JobID, func(t *tx, j *Job) error {
		if j.Token != lease.Token || !j.Status.leased() {
			return stale(*j)
		}
		return change(t, j)
	})
}

// endLeased is changeLeased for the end of a claim. To end a claim again in the same way changes nothing: the job
// may have moved on since.
func (s *Session) endLeased(ctx context.Context, act string, lease Lease, ending ending) (Job, error) {
	return s.changeJob(ctx, act+" "+lease.String(), lease.JobID, func(t *tx, j *Job) error {
		if j.Token != lease.Token || !j.Status.leased() {
			return t.alreadyEnded(*j, lease, ending.outcome)
		}
		return t.end(j, ending)
	})
}

// alreadyEnded tells a repeated call from a stale one.
func (t *tx) alreadyEnded(j Job, lease Lease, outcome string) error {
	recorded, found, err := first(t.access, scanText, "SELECT outcome FROM job_attempts WHERE job_id = ? AND token = ?", lease.JobID, lease.Token)
	switch {
	case err != nil:
		return err
	case found && (recorded == outcome || recorded == OutcomeCancelled && outcome != OutcomeCompleted):
		return errUnchanged // a wish to cancel has made cancelled of what else would have become of it
	}
	return stale(j)
}

func stale(j Job) error {
	return fmt.Errorf("the job is %s, node %q, token %d: %w", j.Status, j.Node, j.Token, ErrStale)
}

// release takes the job from its node.
func (j *Job) release() {
	none := time.Time{}
	j.Node, j.LeaseUntil = "", none
	j.ClaimedAt, j.StartedAt, j.RenewedAt = none, none, none
}

// avoid remembers a node on which the job went wrong.
func (j *Job) avoid(node string) {
	if slices.Contains(j.AvoidedNodes, node) {
		return
	}
	j.AvoidedNodes = append(j.AvoidedNodes, node)
	if over := len(j.AvoidedNodes) - maxAvoided; over > 0 {
		j.AvoidedNodes = j.AvoidedNodes[over:]
	}
}
