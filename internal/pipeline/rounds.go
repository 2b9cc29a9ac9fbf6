package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Rounds is the part of a daemon that looks at the ledger again and again: each tick is one round, and what the last one
// saw is kept for the daemon's Health.
type Rounds[Seen any] struct {
	rt       host.Runtime
	interval time.Duration
	look     func(context.Context, *ledger.Session, *Seen) error

	mu   sync.Mutex
	at   time.Time // when the last round that ended began
	last Seen
}

var _ host.Ticker = (*Rounds[struct{}])(nil)

// NewRounds returns rounds that look every interval, and after each event. A look begins with a zero Seen; if it ends with
// an error, nothing of it is kept.
func NewRounds[Seen any](rt host.Runtime, interval time.Duration, look func(context.Context, *ledger.Session, *Seen) error) *Rounds[Seen] {
	return &Rounds[Seen]{rt: rt, interval: interval, look: look}
}

// Interval implements host.Ticker.
func (r *Rounds[Seen]) Interval() time.Duration { return r.interval }

// Handle is for a host.Subscriber: the event is a hint, and the round that follows it looks for itself.
func (r *Rounds[Seen]) Handle(context.Context, bus.Event) error { return nil }

// Tick implements host.Ticker.
func (r *Rounds[Seen]) Tick(ctx context.Context) error {
	if r.rt.Ledger == nil {
		return host.Never(errors.New("this process has no ledger"))
	}
	session, err := r.rt.Ledger(ctx)
	if err != nil {
		return err
	}
	at := r.rt.Now()
	var seen Seen
	if err := r.look(ctx, session, &seen); err != nil {
		if ledger.IsUnavailable(err) {
			return host.Dependency(err)
		}
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at, r.last = at, seen
	return nil
}

// Last returns what the last round saw, and the health of a daemon that is well as long as its rounds end: it has details,
// to which more may be added. Until a round has ended there is nothing to add, and ended is false. Name is what the daemon
// calls a round.
func (r *Rounds[Seen]) Last(name string) (seen Seen, health spec.Health, ended bool) {
	r.mu.Lock()
	at, seen := r.at, r.last
	r.mu.Unlock()
	now := r.rt.Now()
	if at.IsZero() {
		return seen, spec.Health{Status: spec.HealthUnknown, At: now, Message: fmt.Sprintf("no %s has ended yet", name)}, false
	}
	health = spec.Health{Status: spec.HealthOK, At: now, Details: map[string]any{"last_success_at": at}}
	if age := now.Sub(at); age > r.interval+lateAfter {
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last %s was %.0f s ago", name, age.Seconds())
	}
	return seen, health, true
}
