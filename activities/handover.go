package activities

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/ringrift/orchestrator/internal/pause"
)

const (
	// handoverRate is how many daemons a second a draining worker gives away: about half of what a Temporal
	// server on two cores places in that time, so that none waits behind the others while it runs nowhere.
	handoverRate = 40
	// handoverSpan bounds the time until the last one is told: the worker's stop has a limit.
	handoverSpan = 10 * time.Second
	// pollsEnd is the time until the server has surely heard that this worker asks for no more work: before, it
	// might hand a daemon that is given away to the very worker that it leaves, and there it would be lost.
	pollsEnd = 500 * time.Millisecond
)

// turns paces the hand-overs of a draining worker. Told all at once, every daemon would be away until the
// server has placed all of them again; told in turn, each is away for the time of its own.
type turns struct {
	once    sync.Once
	begin   time.Time
	limiter *rate.Limiter
}

// wait returns when it is the caller's turn, as one of so many daemons that run here.
func (t *turns) wait(ctx context.Context, running int) error {
	t.once.Do(func() {
		t.begin = time.Now().Add(pollsEnd)
		pace := max(handoverRate, float64(running)/handoverSpan.Seconds())
		t.limiter = rate.NewLimiter(rate.Limit(pace), 1)
	})
	pause.For(ctx, time.Until(t.begin))
	return t.limiter.Wait(ctx)
}
