package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
)

func TestCancelEndsAJobWhereverItIs(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		idle := submit(t, s, "idle")
		cancelled, err := s.CancelJob(t.Context(), idle.ID, "not needed")
		require.NoError(t, err)
		require.Equal(t, ledger.Cancelled, cancelled.Status)
		require.Equal(t, "not needed", cancelled.Error)

		for name, end := range map[string]func(ledger.Lease) (ledger.Job, error){
			"stopped": func(lease ledger.Lease) (ledger.Job, error) { return s.JobStopped(t.Context(), lease, "checkpoint") },
			"failed":  func(lease ledger.Lease) (ledger.Job, error) { return s.FailJob(t.Context(), lease, ledger.Failure{}) },
			"requeued": func(lease ledger.Lease) (ledger.Job, error) {
				return s.RequeueJob(t.Context(), lease, ledger.Requeue{})
			},
			"lost": func(lease ledger.Lease) (ledger.Job, error) {
				_, err := s.RenewJob(t.Context(), lease, time.Millisecond)
				require.NoError(t, err)
				lapse(t, l, job(t, l, lease.JobID))
				_, err = s.ExpireLeases(t.Context())
				require.NoError(t, err)
				return l.Job(t.Context(), lease.JobID)
			},
		} {
			j := running(t, s, name, "node-1")
			marked, err := s.CancelJob(t.Context(), j.ID, "not needed")
			require.NoError(t, err)
			require.Equal(t, ledger.Running, marked.Status, "%s: until its node says so", name)
			requested, err := s.RenewJob(t.Context(), j.Lease(), time.Minute)
			require.NoError(t, err)
			require.True(t, requested, "%s: the node hears of it", name)
			ended, err := end(j.Lease())
			require.NoError(t, err)
			require.Equal(t, ledger.Cancelled, ended.Status, name)
			require.Equal(t, "not needed", ended.Error, name)
			_, err = s.CompleteJob(t.Context(), j.Lease(), nil)
			require.ErrorIs(t, err, ledger.ErrStale, "%s: a result comes too late", name)
			_, err = s.RequeueJob(t.Context(), j.Lease(), ledger.Requeue{})
			require.NoError(t, err, "%s: to tell again is no error", name)
		}

		late := running(t, s, "late", "node-1")
		_, err = s.CancelJob(t.Context(), late.ID, "not needed")
		require.NoError(t, err)
		done, err := s.CompleteJob(t.Context(), late.Lease(), nil)
		require.NoError(t, err)
		require.Equal(t, ledger.Completed, done.Status, "the work is done")
	})
}

func TestJobsWaitForWhatTheyDependOn(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		a, b, c := running(t, s, "a", "node-1"), running(t, s, "b", "node-2"), running(t, s, "c", "node-3")
		after := submit(t, s, "after", func(spec *ledger.JobSpec) { spec.DependsOn = []string{a.ID, b.ID, c.ID} })
		require.Equal(t, ledger.Waiting, after.Status)
		require.Equal(t, int64(3), after.WaitingFor)
		_, err := s.CompleteJob(t.Context(), c.Lease(), nil)
		require.NoError(t, err)
		require.Equal(t, ledger.Waiting, job(t, l, after.ID).Status, "one of three has completed")
		_, err = s.ClaimJob(t.Context(), after.ID, "node-1", time.Minute)
		require.ErrorIs(t, err, ledger.ErrConflict)

		ends := make(chan error, 2)
		for _, dependency := range []ledger.Job{a, b} { // at the same time: neither may miss the other
			go func() {
				_, err := s.CompleteJob(t.Context(), dependency.Lease(), nil)
				ends <- err
			}()
		}
		require.NoError(t, <-ends)
		require.NoError(t, <-ends)
		require.Equal(t, ledger.Pending, job(t, l, after.ID).Status)
		require.Equal(t, ledger.Pending, submit(t, s, "later", func(spec *ledger.JobSpec) { spec.DependsOn = []string{a.ID} }).Status)
		needs, neededBy, err := l.JobDependencies(t.Context(), a.ID)
		require.NoError(t, err)
		require.Empty(t, needs)
		require.Len(t, neededBy, 2)
	})
}

func TestWhatDependsOnAFailedJobIsCancelled(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		a := running(t, s, "a", "node-1")
		on := func(id string) func(*ledger.JobSpec) {
			return func(spec *ledger.JobSpec) { spec.DependsOn = []string{id} }
		}
		b := submit(t, s, "b", on(a.ID))
		c := submit(t, s, "c", on(b.ID))
		_, err := s.FailJob(t.Context(), a.Lease(), ledger.Failure{Class: "exit_10", Message: "bad request"})
		require.NoError(t, err)
		for _, id := range []string{b.ID, c.ID} {
			below := job(t, l, id)
			require.Equal(t, ledger.Cancelled, below.Status)
			require.Equal(t, ledger.ClassDependency, below.ErrorClass)
			require.Contains(t, below.Error, a.ID)
		}
		_, err = s.SubmitJob(t.Context(), func() ledger.JobSpec { spec := jobSpec("d"); on(a.ID)(&spec); return spec }())
		require.ErrorIs(t, err, ledger.ErrConflict, "it would wait for ever")

		_, err = s.RetryJob(t.Context(), b.ID)
		require.NoError(t, err)
		require.Equal(t, ledger.Waiting, job(t, l, b.ID).Status, "what it needs is not there yet")
		_, err = s.RetryJob(t.Context(), a.ID)
		require.NoError(t, err)
		again, err := s.ClaimJob(t.Context(), a.ID, "node-1", time.Minute)
		require.NoError(t, err)
		_, err = s.CompleteJob(t.Context(), again.Lease(), nil)
		require.NoError(t, err)
		require.Equal(t, ledger.Pending, job(t, l, b.ID).Status)
	})
}

func TestANewPlanSupersedesWhatNoNodeHas(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		plan := func(id string) func(*ledger.JobSpec) { return func(spec *ledger.JobSpec) { spec.PlanID = id } }
		old, current, none := submit(t, s, "old", plan("1")), submit(t, s, "current", plan("2")), submit(t, s, "none")
		busy := running(t, s, "busy", "node-1", plan("1"))
		cancelled, err := s.SupersedeJobs(t.Context(), "selfplay", "sq5_2p", "2")
		require.NoError(t, err)
		require.Equal(t, 1, cancelled)
		require.Equal(t, ledger.ClassSuperseded, job(t, l, old.ID).ErrorClass)
		for _, j := range []ledger.Job{current, none} {
			require.Equal(t, ledger.Pending, job(t, l, j.ID).Status)
		}
		require.Equal(t, ledger.Running, job(t, l, busy.ID).Status)
	})
}
