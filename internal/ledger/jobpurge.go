package ledger

import (
	"context"
	"fmt"
	"time"
)

// PurgeJobs forgets jobs that ended longer ago than a time, with their attempts, the oldest first and 1000 a call at
// most; it says how many. Jobs that something unfinished depends on stay.
func (s *Session) PurgeJobs(ctx context.Context, olderThan time.Duration) (purged int, err error) {
	if olderThan <= 0 {
		return 0, fmt.Errorf("purge jobs: older than is %s: give a positive duration: %w", olderThan, ErrInvalid)
	}
	err = s.write(ctx, "purge jobs", func(t *tx) (err error) {
		purged, err = t.exec(`DELETE FROM jobs WHERE job_id IN (
			SELECT job_id FROM jobs WHERE finished_at < ? AND NOT EXISTS (
				SELECT 1 FROM job_dependencies d JOIN jobs w ON w.job_id = d.job_id WHERE d.depends_on = jobs.job_id AND w.finished_at IS NULL)
			ORDER BY finished_at LIMIT ?)`, micros(t.now.Add(-olderThan)), maxLimit)
		return err
	})
	return purged, err
}
