package jobscheduler

import (
	"context"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// purgeEvery is the pause after a purge that found nothing more.
const purgeEvery = time.Hour

// purge forgets what the ledger has kept for long enough, a bounded number a round: the next round goes on where there is
// more.
func (s *scheduler) purge(ctx context.Context, session *ledger.Session) error {
	now := s.rt.Now()
	if now.Sub(s.purgedAt) < purgeEvery {
		return nil
	}
	jobs, err := session.PurgeJobs(ctx, s.config.KeepFinished)
	if err != nil {
		return err
	}
	decisions, err := session.PurgeDecisions(ctx, s.config.KeepDecisions)
	if err != nil {
		return err
	}
	ratings, err := session.PurgeRatings(ctx, s.config.KeepRatings)
	if err != nil {
		return err
	}
	if jobs+decisions+ratings == 0 {
		s.purgedAt = now
		return nil
	}
	s.rt.Logger.Info("the ledger has forgotten what it kept for its time", "jobs", jobs, "decisions", decisions, "ratings", ratings)
	return nil
}
