package ledger_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
)

func TestAJobIsSubmittedOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		spec := jobSpec("key")
		spec.Labels, spec.ExcludedNodes = []string{"gpu"}, []string{"node-9"}
		spec.TargetNode, spec.TargetUntil = "node-1", time.Unix(2_000_000_000, 0).UTC()
		spec.PlanID, spec.IterationID, spec.RunLimitSeconds = "plan", "iteration", 60
		first, err := s.SubmitJob(t.Context(), spec)
		require.NoError(t, err)
		require.True(t, first.New)
		again, err := s.SubmitJob(t.Context(), spec)
		require.NoError(t, err)
		require.False(t, again.New)
		require.Equal(t, first.Job.ID, again.Job.ID)

		read := job(t, l, first.Job.ID)
		require.Equal(t, first.Job, read, "what is returned is what is stored")
		require.Equal(t, ledger.Pending, read.Status)
		require.Equal(t, int64(3), read.MaxAttempts)
		spec.Kind = "train"
		_, err = s.SubmitJob(t.Context(), spec)
		require.ErrorIs(t, err, ledger.ErrConflict, "the key of another job")
	})
}

func TestJobsAreSubmittedAllOrNone(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		bad := jobSpec("b")
		bad.Priority = 101
		_, err := s.SubmitJobs(t.Context(), []ledger.JobSpec{jobSpec("a"), bad})
		require.ErrorContains(t, err, `job "b": priority is 101: give 0 to 100`)
		bad = jobSpec("b")
		bad.DependsOn = []string{"absent"}
		_, err = s.SubmitJobs(t.Context(), []ledger.JobSpec{jobSpec("a"), bad})
		require.ErrorIs(t, err, ledger.ErrNotFound)
		list, err := l.Jobs(t.Context(), ledger.JobFilter{}, ledger.Page{})
		require.NoError(t, err)
		require.Empty(t, list.Items)

		submitted, err := s.SubmitJobs(t.Context(), []ledger.JobSpec{jobSpec("z"), jobSpec("a"), jobSpec("m")})
		require.NoError(t, err)
		for i, key := range []string{"z", "a", "m"} {
			require.Equal(t, key, submitted[i].Job.IdempotencyKey, "in the order of the specs")
		}
	})
}

func TestAJobRunsFromClaimToResult(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		j := submit(t, s, "key")
		claimed, err := s.ClaimJob(t.Context(), j.ID, "node-1", time.Minute)
		require.NoError(t, err)
		require.Equal(t, int64(1), claimed.Token)
		require.Zero(t, claimed.Attempt, "the attempt counts when it starts")
		_, err = s.ClaimJob(t.Context(), j.ID, "node-2", time.Minute)
		require.ErrorIs(t, err, ledger.ErrConflict)
		require.ErrorContains(t, err, `it is claimed, node "node-1"`)

		for range 2 {
			started, err := s.StartJob(t.Context(), claimed.Lease(), time.Minute)
			require.NoError(t, err)
			require.Equal(t, int64(1), started.Attempt, "once for a lease, however often it is told")
		}
		cancel, err := s.RenewJob(t.Context(), claimed.Lease(), 2*time.Minute)
		require.NoError(t, err)
		require.False(t, cancel)
		require.Greater(t, job(t, l, j.ID).LeaseUntil, claimed.LeaseUntil)

		for range 2 {
			done, err := s.CompleteJob(t.Context(), claimed.Lease(), json.RawMessage(`{"games":50}`))
			require.NoError(t, err, "and once more, since the caller may not have heard")
			require.Equal(t, ledger.Completed, done.Status)
		}
		_, err = s.FailJob(t.Context(), claimed.Lease(), ledger.Failure{Class: "x"})
		require.ErrorIs(t, err, ledger.ErrStale)
		_, err = s.RenewJob(t.Context(), claimed.Lease(), time.Minute)
		require.ErrorIs(t, err, ledger.ErrStale)
		attempts, err := l.JobAttempts(t.Context(), j.ID)
		require.NoError(t, err)
		require.Len(t, attempts, 1)
		require.Equal(t, ledger.OutcomeCompleted, attempts[0].Outcome)
		require.JSONEq(t, `{"games":50}`, string(job(t, l, j.ID).Result))
	})
}

func TestAnOldLeaseChangesNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		old := running(t, s, "key", "node-1")
		_, err := s.RequeueJob(t.Context(), old.Lease(), ledger.Requeue{})
		require.NoError(t, err)
		fresh, err := s.ClaimJob(t.Context(), old.ID, "node-2", time.Minute)
		require.NoError(t, err)

		for name, act := range map[string]func() error{
			"start":    func() error { _, err := s.StartJob(t.Context(), old.Lease(), time.Minute); return err },
			"renew":    func() error { _, err := s.RenewJob(t.Context(), old.Lease(), time.Minute); return err },
			"complete": func() error { _, err := s.CompleteJob(t.Context(), old.Lease(), nil); return err },
			"fail":     func() error { _, err := s.FailJob(t.Context(), old.Lease(), ledger.Failure{}); return err },
			"preempt":  func() error { _, err := s.PreemptJob(t.Context(), old.Lease(), ""); return err },
			"stopped":  func() error { _, err := s.JobStopped(t.Context(), old.Lease(), ""); return err },
		} {
			require.ErrorIs(t, act(), ledger.ErrStale, name)
		}
		_, err = s.RequeueJob(t.Context(), old.Lease(), ledger.Requeue{})
		require.NoError(t, err, "it was requeued: to tell again is no error")
		require.Equal(t, fresh, job(t, l, old.ID), "and the new holder still has it")
	})
}

func TestAttemptsAreSpentByFailuresOnly(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		j := submit(t, s, "key")
		attempt := func(end func(ledger.Lease) (ledger.Job, error)) ledger.Job {
			t.Helper()
			claimed, err := s.ClaimJob(t.Context(), j.ID, "node-1", time.Minute)
			require.NoError(t, err)
			_, err = s.StartJob(t.Context(), claimed.Lease(), time.Minute)
			require.NoError(t, err)
			after, err := end(claimed.Lease())
			require.NoError(t, err)
			return after
		}
		fail := func(lease ledger.Lease) (ledger.Job, error) {
			return s.RequeueJob(t.Context(), lease, ledger.Requeue{Failure: ledger.Failure{Class: "transient", Message: "busy"}, AvoidNode: true})
		}
		forgive := func(lease ledger.Lease) (ledger.Job, error) {
			return s.RequeueJob(t.Context(), lease, ledger.Requeue{Forgive: true, ResumeFrom: "checkpoint-1", Request: json.RawMessage(`{"half":true}`)})
		}
		preempt := func(lease ledger.Lease) (ledger.Job, error) { return s.PreemptJob(t.Context(), lease, "checkpoint-2") }

		require.Equal(t, int64(1), attempt(fail).Spent())
		require.Equal(t, int64(1), attempt(forgive).Spent())
		after := attempt(preempt)
		require.Equal(t, int64(1), after.Spent())
		require.Equal(t, int64(1), after.Preemptions)
		require.Equal(t, "checkpoint-2", after.ResumeFrom)
		require.Equal(t, []string{"node-1"}, after.AvoidedNodes)
		require.JSONEq(t, `{"half":true}`, string(after.Request))
		require.Equal(t, int64(2), attempt(fail).Spent())
		last := attempt(fail)
		require.Equal(t, ledger.Failed, last.Status, "the third of three")
		require.Equal(t, int64(5), last.Attempt)
		require.Equal(t, "transient", last.ErrorClass)
		require.Equal(t, "busy", last.Error)

		retried, err := s.RetryJob(t.Context(), j.ID)
		require.NoError(t, err)
		require.Equal(t, ledger.Pending, retried.Status)
		require.Zero(t, retried.Spent())
		require.Equal(t, ledger.Completed, attempt(func(lease ledger.Lease) (ledger.Job, error) { return s.CompleteJob(t.Context(), lease, nil) }).Status)
		_, err = s.RetryJob(t.Context(), j.ID)
		require.ErrorIs(t, err, ledger.ErrConflict)
	})
}

func TestALapsedLeaseIsTakenBack(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		steady := running(t, s, "steady", "node-2")
		j := submit(t, s, "key", func(spec *ledger.JobSpec) { spec.MaxLosses, spec.MaxAttempts = 2, 1 })
		for round := range int64(3) {
			claimed, err := s.ClaimJob(t.Context(), j.ID, "node-1", time.Minute)
			require.NoError(t, err)
			started, err := s.StartJob(t.Context(), claimed.Lease(), time.Millisecond)
			require.NoError(t, err)
			lapse(t, l, started)
			expired, err := s.ExpireLeases(t.Context())
			require.NoError(t, err)
			require.Len(t, expired, 1, "round %d: not the steady one", round)
			require.Equal(t, "node-1", expired[0].Node)
			require.Equal(t, claimed.Lease(), expired[0].Lease)
			require.Equal(t, job(t, l, j.ID), expired[0].Job)
			_, err = s.CompleteJob(t.Context(), claimed.Lease(), nil)
			require.ErrorIs(t, err, ledger.ErrStale)
		}
		lost := job(t, l, j.ID)
		require.Equal(t, ledger.Failed, lost.Status, "two losses are free, the third spends the only attempt")
		require.Equal(t, ledger.ClassLost, lost.ErrorClass)
		require.Equal(t, int64(78), lost.Priority, "one more point for each loss")
		require.Equal(t, []string{"node-1"}, lost.AvoidedNodes)
		failures, err := l.NodeFailures(t.Context(), time.Hour)
		require.NoError(t, err)
		require.Equal(t, []ledger.NodeFailures{{Node: "node-1", ErrorClass: ledger.ClassLost, Jobs: 1}}, failures, "different jobs, not losses")
		require.Equal(t, ledger.Running, job(t, l, steady.ID).Status)
	})
}

func TestARenewedLeaseDoesNotLapse(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		j := submit(t, s, "key")
		claimed, err := s.ClaimJob(t.Context(), j.ID, "node-1", time.Millisecond)
		require.NoError(t, err)
		lapse(t, l, claimed)
		_, err = s.RenewJob(t.Context(), claimed.Lease(), time.Minute)
		require.NoError(t, err, "nobody has taken it back yet")
		expired, err := s.ExpireLeases(t.Context())
		require.NoError(t, err)
		require.Empty(t, expired)
	})
}

func TestAClaimHonoursNodesAndTimes(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		now, err := l.Now(t.Context())
		require.NoError(t, err)
		for name, c := range map[string]struct {
			option func(*ledger.JobSpec)
			text   string
		}{
			"excluded":   {func(spec *ledger.JobSpec) { spec.ExcludedNodes = []string{"node-1"} }, "it excludes this node"},
			"kept":       {func(spec *ledger.JobSpec) { spec.TargetNode = "node-2" }, "it is kept for node-2"},
			"kept until": {func(spec *ledger.JobSpec) { spec.TargetNode, spec.TargetUntil = "node-2", now.Add(time.Hour) }, "it is kept for node-2"},
			"later":      {func(spec *ledger.JobSpec) { spec.NotBefore = now.Add(time.Hour) }, "it is not ready before"},
		} {
			_, err := s.ClaimJob(t.Context(), submit(t, s, name, c.option).ID, "node-1", time.Minute)
			require.ErrorIs(t, err, ledger.ErrConflict, name)
			require.ErrorContains(t, err, c.text)
		}
		free := submit(t, s, "free", func(spec *ledger.JobSpec) { spec.TargetNode, spec.TargetUntil = "node-2", now.Add(-time.Second) })
		_, err = s.ClaimJob(t.Context(), free.ID, "node-1", time.Minute)
		require.NoError(t, err, "the time of its target is over")
		_, err = s.ClaimJob(t.Context(), free.ID, "node-1", 2*time.Hour)
		require.ErrorIs(t, err, ledger.ErrInvalid)
		_, err = s.ClaimJob(t.Context(), "absent", "node-1", time.Minute)
		require.ErrorIs(t, err, ledger.ErrNotFound)
	})
}

func TestPurgeForgetsOldFinishedJobs(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		done := running(t, s, "done", "node-1")
		needed := running(t, s, "needed", "node-1")
		waiting := submit(t, s, "waiting", func(spec *ledger.JobSpec) { spec.DependsOn = []string{needed.ID, submit(t, s, "open").ID} })
		for _, j := range []ledger.Job{done, needed} {
			ended, err := s.CompleteJob(t.Context(), j.Lease(), nil)
			require.NoError(t, err)
			ended.LeaseUntil = ended.FinishedAt
			lapse(t, l, ended)
		}
		purged, err := s.PurgeJobs(t.Context(), time.Hour)
		require.NoError(t, err)
		require.Zero(t, purged)
		purged, err = s.PurgeJobs(t.Context(), time.Millisecond)
		require.NoError(t, err)
		require.Equal(t, 1, purged)
		_, err = l.Job(t.Context(), done.ID)
		require.ErrorIs(t, err, ledger.ErrNotFound)
		require.Equal(t, ledger.Completed, job(t, l, needed.ID).Status, "%s depends on it", waiting.ID)
	})
}

func TestWhatIsToldOfAFailureIsBounded(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		j := running(t, s, "key", "node-1")
		_, err := s.FailJob(t.Context(), j.Lease(), ledger.Failure{Class: "exit_40", Message: "\x00\xff" + fmt.Sprintf("%9999d", 1)})
		require.NoError(t, err)
		require.Len(t, job(t, l, j.ID).Error, 4096)
		_, err = s.SubmitJob(t.Context(), ledger.JobSpec{IdempotencyKey: "k", Kind: "x", Request: json.RawMessage(`{`)})
		require.ErrorContains(t, err, "request is not JSON")
	})
}
