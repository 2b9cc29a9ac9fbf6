package jobscheduler

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// pageOfLeases is how many leased jobs the ledger returns at once.
const pageOfLeases = 1000

// keepLeases renews the leases of jobs whose workflows are open, grants again what was claimed and never granted, and
// takes back what has lapsed. It says whether any job was taken back.
func (s *scheduler) keepLeases(ctx context.Context, session *ledger.Session, leased []ledger.Job) (taken bool, err error) {
	now, err := session.Ledger().Now(ctx)
	if err != nil {
		return false, err
	}
	group, asked := errgroup.WithContext(ctx)
	group.SetLimit(asking)
	for _, job := range leased {
		if s.due(job, now) {
			group.Go(func() error { return s.keepLease(asked, session, job) })
		}
	}
	if err := group.Wait(); err != nil {
		return false, err
	}
	if len(leased) == pageOfLeases && s.due(leased[len(leased)-1], now) {
		return false, nil // there may be more, and none is taken back that was not looked after
	}
	return s.takeBack(ctx, session)
}

// due says whether a lease needs to be looked after: it has little left, or nobody knows whether it was granted.
func (s *scheduler) due(job ledger.Job, now time.Time) bool {
	return job.LeaseUntil.Sub(now) < s.config.Lease*2/3 || job.Status == ledger.Claimed && !s.memory.granted(job.Lease())
}

func (s *scheduler) keepLease(ctx context.Context, session *ledger.Session, job ledger.Job) error {
	look, err := s.rt.Jobs.Look(ctx, job.ID)
	if err != nil {
		return waitForTemporal(ctx, err)
	}
	open := look.Open && look.Token == job.Token
	if !open && job.Status == ledger.Claimed && job.CancelRequestedAt.IsZero() {
		if open, err = s.rt.Jobs.Grant(ctx, grantOf(job)); err != nil {
			return waitForTemporal(ctx, err)
		}
	}
	if !open {
		return nil // its end is on the way into the ledger, or else it lapses
	}
	s.memory.noteGranted(job.Lease())
	_, err = session.RenewJob(ctx, job.Lease(), s.config.Lease)
	return ignoreMoved(err)
}

func grantOf(job ledger.Job) spec.JobGrant {
	return spec.JobGrant{JobID: job.ID, Token: job.Token, Node: job.Node, Kind: job.Kind, ConfigKey: job.ConfigKey}
}

// ignoreMoved lets a round go on when a job has ended, or somebody else has changed it, under its hands.
func ignoreMoved(err error) error {
	if errors.Is(err, ledger.ErrStale) || errors.Is(err, ledger.ErrConflict) || errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	return err
}

// takeBack ends the leases that have lapsed.
func (s *scheduler) takeBack(ctx context.Context, session *ledger.Session) (taken bool, err error) {
	expired, err := session.ExpireLeases(ctx)
	if err != nil {
		return false, err
	}
	for _, lost := range expired {
		s.rt.Logger.Warn("a job's lease has lapsed", "job", lost.Lease.JobID, "token", lost.Lease.Token, "subject", lost.Node, "is", lost.Job.Status)
		if err := s.tellExpired(ctx, lost); err != nil {
			return true, err
		}
	}
	return len(expired) > 0, nil
}
