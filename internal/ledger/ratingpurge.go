package ledger

import (
	"context"
	"fmt"
	"time"
)

// RatingRetention says which ratings are kept: each holds everybody who ever played.
type RatingRetention struct {
	// Newest is how many of each configuration and harness are, however old; at least 2, which tell what has changed.
	Newest int
	// All is how long each one is; older ones are kept as the last of each day.
	All time.Duration
	// Daily is how long these are.
	Daily time.Duration
}

// PurgeRatings forgets ratings, 1000 a call at most; it says how many. No decision needs one to be replayed: what it was
// taken from is in it.
func (s *Session) PurgeRatings(ctx context.Context, keep RatingRetention) (purged int, err error) {
	if keep.Newest < 2 || keep.All <= 0 || keep.Daily < keep.All {
		return 0, fmt.Errorf("purge ratings: give at least 2 newest and not less daily than all, not %+v: %w", keep, ErrInvalid)
	}
	const day = int64(24 * time.Hour / time.Microsecond)
	err = s.write(ctx, "purge ratings", func(t *tx) (err error) {
		purged, err = t.exec(`DELETE FROM rating_snapshots WHERE (config_key, harness, sequence) IN (
			SELECT s.config_key, s.harness, s.sequence FROM rating_snapshots s WHERE s.computed_at < ?
			AND s.sequence <= (SELECT MAX(n.sequence) FROM rating_snapshots n WHERE n.config_key = s.config_key AND n.harness = s.harness) - ?
			AND (s.computed_at < ? OR EXISTS (SELECT 1 FROM rating_snapshots later WHERE later.config_key = s.config_key
				AND later.harness = s.harness AND later.sequence > s.sequence AND later.computed_at / ? = s.computed_at / ?))
			ORDER BY s.computed_at, s.config_key, s.harness, s.sequence LIMIT ?)`,
			micros(t.now.Add(-keep.All)), keep.Newest, micros(t.now.Add(-keep.Daily)), day, day, maxLimit)
		return err
	})
	return purged, err
}
