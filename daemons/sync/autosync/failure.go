package autosync

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/transfer"
)

const (
	// A file that fails is tried again after firstRetry, then after twice as long each time, up to lastRetry.
	firstRetry = 2 * time.Second
	lastRetry  = 10 * time.Minute
	// longestRetry is more than any file waits for.
	longestRetry = 2 * lastRetry
	// complainAfter failures an event tells of it, and then after each doubling.
	complainAfter = 3
)

// recordFailure notes that a file could not be fetched, and when it is tried again. It is never given up, but for a
// checkpoint: a newer one has taken its place.
func (r *round) recordFailure(ctx context.Context, w wish, source string, cause error) error {
	failures := int(w.attempts) + 1
	r.work.failures++
	class := classOf(cause)
	if failures == 1 || complains(failures) {
		r.rt.Logger.Warn("a file cannot be fetched", "item", w.item.Place.String(), "sha256", w.item.SHA256.String(),
			"source", source, "class", class, "failures", failures, "error", cause)
	}
	if w.item.Role == data.RoleCheckpoint && failures >= complainAfter {
		return r.fulfilled(ctx, w.item.SHA256)
	}
	var news []bus.Event
	for _, payload := range r.complaints(w, source, class, cause, failures) {
		event, err := r.event(payload)
		if err != nil {
			return err
		}
		news = append(news, event)
	}
	return r.failed(ctx, w.item.SHA256, r.rt.Now().Add(retryAfter(failures)), cause.Error(), news...)
}

func (r *round) complaints(w wish, source, class string, cause error, failures int) (all []bus.Payload) {
	move := r.move(w, source)
	switch class {
	case "mismatch":
		all = append(all, bus.SyncChecksumFailed{DataMove: move, RetryCount: failures})
	case "unavailable":
		all = append(all, bus.SyncStalled{DataMove: move, TimeoutSeconds: r.config.Patience.Seconds(), RetryCount: failures})
	}
	if complains(failures) {
		all = append(all, bus.DataSyncFailed{DataMove: move, Error: cause.Error(), ErrorClass: class, RetryCount: failures})
	}
	return all
}

// complains says whether so many failures are worth an event: 3, 6, 12 …
func complains(failures int) bool {
	for n := complainAfter; n <= failures; n *= 2 {
		if n == failures {
			return true
		}
	}
	return false
}

func retryAfter(failures int) time.Duration {
	delay := firstRetry
	for range failures - 1 {
		if delay = min(2*delay, lastRetry); delay == lastRetry {
			break
		}
	}
	return time.Duration(float64(delay) * (0.9 + 0.2*rand.Float64()))
}

func classOf(err error) string {
	for _, known := range []struct {
		cause error
		class string
	}{
		{data.ErrMismatch, "mismatch"}, {data.ErrCorrupt, "corrupt"}, {data.ErrNoSpace, "no_space"},
		{transfer.ErrUnauthorized, "unauthorized"}, {transfer.ErrNoSource, "no_source"}, {transfer.ErrUnavailable, "unavailable"},
	} {
		if errors.Is(err, known.cause) {
			return known.class
		}
	}
	return "other"
}
