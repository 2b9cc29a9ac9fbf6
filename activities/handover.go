package activities

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// handoverRate is how many daemons a second a draining worker gives away: about half of what a Temporal
	// server on two cores places in that time, so that none waits behind the others while it runs nowhere.
	handoverRate = 40
	// handoverSpan bounds the time until the last one is told: the worker's stop has a limit.
	handoverSpan = 10 * time.Second
)

// turns paces the hand-overs of a draining worker. Told all at once, every daemon would be away until the
// server has placed all of them again; told in turn, each is away for the time of its own.
type turns struct {
	once    sync.Once
	limiter *rate.Limiter
}

// wait returns when it is the caller's turn, as one of so many daemons that run here.
func (t *turns) wait(ctx context.Context, running int) error {
	t.once.Do(func() {
		pace := max(handoverRate, float64(running)/handoverSpan.Seconds())
		t.limiter = rate.NewLimiter(rate.Limit(pace), 1)
	})
	return t.limiter.Wait(ctx)
}
