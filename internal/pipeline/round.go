package pipeline

import (
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// Round is what one round found and did.
type Round struct {
	Open    int // orders that were there
	Waiting []string
	Begun   int
	Ended   int
	Failed  []string
	Oldest  time.Time // when the oldest of those orders was placed that still waits; zero: none does
}

// wait notes why an order waits, and since when if that is no news.
func (r *Round) wait(order ledger.Stage, reason string) {
	text := fmt.Sprintf("iteration %d of %s: %s", order.Iteration, order.ConfigKey, reason)
	if order.Waiting == reason {
		text += ", since " + order.UpdatedAt.UTC().Format(time.RFC3339)
	}
	r.Waiting = append(r.Waiting, text)
	if r.Oldest.IsZero() || order.OrderedAt.Before(r.Oldest) {
		r.Oldest = order.OrderedAt
	}
}

// add takes in what the round of another owner found.
func (r *Round) add(other Round) {
	r.Open, r.Begun, r.Ended = r.Open+other.Open, r.Begun+other.Begun, r.Ended+other.Ended
	r.Waiting, r.Failed = append(r.Waiting, other.Waiting...), append(r.Failed, other.Failed...)
	if r.Oldest.IsZero() || !other.Oldest.IsZero() && other.Oldest.Before(r.Oldest) {
		r.Oldest = other.Oldest
	}
}
