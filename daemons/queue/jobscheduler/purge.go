package jobscheduler

import (
	"context"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// purgeEvery is the pause after a purge that found nothing more.
const purgeEvery = time.Hour

// purge forgets jobs that ended long ago, a bounded number a round: the next round goes on where there are more.
func (s *scheduler) purge(ctx context.Context, session *ledger.Session) error {
	now := s.rt.Now()
	if now.Sub(s.purgedAt) < purgeEvery {
		return nil
	}
	purged, err := session.PurgeJobs(ctx, s.config.KeepFinished)
	if err != nil {
		return err
	}
	if purged == 0 {
		s.purgedAt = now
		return nil
	}
	s.rt.Logger.Info("finished jobs were forgotten after their time", "jobs", purged)
	return nil
}
