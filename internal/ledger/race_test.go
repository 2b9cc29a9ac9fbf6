package ledger_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// both runs two things at the same time.
func both(a, b func() error) (errA, errB error) {
	done := make(chan error, 1)
	go func() { done <- a() }()
	errB = b()
	return <-done, errB
}

// requireOneWinner lets six try the same at the same time: one succeeds, and the others are told of a conflict.
func requireOneWinner(t *testing.T, name string, try func(racer int) error) {
	t.Helper()
	var won, lost atomic.Int64
	var group errgroup.Group
	for racer := range 6 {
		group.Go(func() error {
			err := try(racer)
			switch {
			case err == nil:
				won.Add(1)
			case errors.Is(err, ledger.ErrConflict):
				lost.Add(1)
			default:
				return err
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	require.Equal(t, int64(1), won.Load(), "winners of %s", name)
	require.Equal(t, int64(5), lost.Load(), "losers of %s", name)
}

// A result that was accepted stays, even if the lease is taken back at the same moment.
func TestAResultAndALapsedLeaseAreNotBothTrue(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		for round := range 15 {
			j := submit(t, s, fmt.Sprint("job-", round))
			claimed, err := s.ClaimJob(t.Context(), j.ID, "node-1", time.Millisecond)
			require.NoError(t, err)
			lapse(t, l, claimed)
			var expired []ledger.Expired
			completed, expiring := both(
				func() error { _, err := s.CompleteJob(t.Context(), claimed.Lease(), nil); return err },
				func() (err error) { expired, err = s.ExpireLeases(t.Context()); return err })
			require.NoError(t, expiring)
			after := job(t, l, j.ID)
			if completed == nil {
				require.Equal(t, ledger.Completed, after.Status, "round %d: it was accepted", round)
				require.Empty(t, expired)
				continue
			}
			require.ErrorIs(t, completed, ledger.ErrStale)
			require.Equal(t, ledger.Pending, after.Status, "round %d: it was taken back", round)
			require.Len(t, expired, 1)
		}
	})
}

// A job that is submitted while its dependency completes does not wait for ever.
func TestADependencyThatCompletesMeanwhileReleases(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		for round := range 15 {
			first := running(t, s, fmt.Sprint("first-", round), "node-1")
			spec := jobSpec(fmt.Sprint("second-", round))
			spec.DependsOn = []string{first.ID}
			submitting, completing := both(
				func() error { _, err := s.SubmitJob(t.Context(), spec); return err },
				func() error { _, err := s.CompleteJob(t.Context(), first.Lease(), nil); return err })
			require.NoError(t, errors.Join(submitting, completing))
			second, err := l.JobByKey(t.Context(), spec.IdempotencyKey)
			require.NoError(t, err)
			require.Equal(t, ledger.Pending, second.Status, "round %d", round)
		}
	})
}

// A node that renews does not undo what somebody else writes at the same moment.
func TestARenewalKeepsAWishToCancel(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		for round := range 10 {
			j := running(t, s, fmt.Sprint("job-", round), "node-1")
			renewing, cancelling := both(
				func() error { _, err := s.RenewJob(t.Context(), j.Lease(), time.Hour); return err },
				func() error { _, err := s.CancelJob(t.Context(), j.ID, "not needed"); return err })
			require.NoError(t, errors.Join(renewing, cancelling))
			after := job(t, l, j.ID)
			require.Equal(t, "not needed", after.CancelReason)
			require.Greater(t, after.LeaseUntil, j.LeaseUntil, "round %d: and the renewal counts", round)
		}
	})
}
