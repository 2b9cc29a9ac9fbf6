package dlqretry

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
)

// maxFinished bounds how many letters one round abandons or forgets.
const maxFinished = 100

type retrier struct {
	config Config
	rt     host.Runtime
	client *bus.Client
	report *report // nil until it was loaded

	mu     sync.Mutex
	counts *counts // of the last round, nil before the first
}

var (
	_ host.Ticker  = (*retrier)(nil)
	_ host.Checker = (*retrier)(nil)
)

func newRetrier(config Config, rt host.Runtime) *retrier {
	return &retrier{config: config, rt: rt, client: rt.Bus.Client()}
}

// Interval implements host.Ticker.
func (r *retrier) Interval() time.Duration { return r.config.Interval }

// Tick is one round over all dead letters.
func (r *retrier) Tick(ctx context.Context) error {
	if err := r.rt.Bus.Claim(ctx); err != nil {
		return err
	}
	letters, err := r.client.DeadLetters(ctx)
	if err != nil {
		return err
	}
	r.count(letters)
	if err := r.tell(ctx, letters); err != nil {
		return err
	}
	if err := r.abandon(ctx, pick(letters, r.spent)); err != nil {
		return err
	}
	if err := r.forget(ctx, pick(letters, r.expired)); err != nil {
		return err
	}
	return r.retry(ctx, pick(letters, r.due))
}

// retry gives the letters that have waited longest to their subscribers.
func (r *retrier) retry(ctx context.Context, due []bus.DeadLetter) error {
	slices.SortStableFunc(due, func(a, b bus.DeadLetter) int { return a.NextAt.Compare(b.NextAt) })
	for _, letter := range due[:min(len(due), r.config.Batch)] {
		if err := ignoreMissing(r.client.Redeliver(ctx, letter.Key, r.delay(letter.RetryCount))); err != nil {
			return err
		}
	}
	return nil
}

func (r *retrier) abandon(ctx context.Context, spent []bus.DeadLetter) error {
	spent = spent[:min(len(spent), maxFinished)]
	if err := r.purged(ctx, spent, "abandoned"); err != nil {
		return err
	}
	for _, letter := range spent {
		if err := ignoreMissing(r.client.Abandon(ctx, letter.Key)); err != nil {
			return err
		}
		r.rt.Logger.Warn("dead letter abandoned", "key", letter.Key, "subscriber", letter.Subscriber, "retries", letter.RetryCount, "error", letter.Error)
	}
	return nil
}

func (r *retrier) forget(ctx context.Context, expired []bus.DeadLetter) error {
	expired = expired[:min(len(expired), maxFinished)]
	if err := r.purged(ctx, expired, "expired"); err != nil {
		return err
	}
	for _, letter := range expired {
		if err := ignoreMissing(r.client.Discard(ctx, letter.Key)); err != nil {
			return err
		}
	}
	return nil
}

// spent says whether a letter has had all its chances.
func (r *retrier) spent(letter bus.DeadLetter) bool {
	return letter.Status == bus.LetterPending &&
		(letter.RetryCount >= r.config.MaxTries && !letter.Sent || r.age(letter.FirstAt) > r.config.MaxAge)
}

func (r *retrier) expired(letter bus.DeadLetter) bool {
	return letter.Status != bus.LetterPending && r.age(letter.LastAt) > r.config.KeepFinished
}

// due says whether it is a letter's turn. One whose redelivery is on its way waits for the answer, however
// long its subscriber is down.
func (r *retrier) due(letter bus.DeadLetter) bool {
	return letter.Status == bus.LetterPending && !letter.Sent && !r.spent(letter) && !r.rt.Now().Before(letter.NextAt)
}

// delay is how long a letter rests when its next retry, after so many that failed, fails too.
func (r *retrier) delay(failed int) time.Duration {
	delay := r.config.BaseDelay
	for range failed {
		if delay = min(2*delay, r.config.MaxDelay); delay == r.config.MaxDelay {
			break
		}
	}
	return time.Duration(float64(delay) * (0.9 + 0.2*rand.Float64()))
}

func (r *retrier) age(since time.Time) time.Duration { return r.rt.Now().Sub(since) }

func pick(letters []bus.DeadLetter, want func(bus.DeadLetter) bool) []bus.DeadLetter {
	return slices.DeleteFunc(slices.Clone(letters), func(letter bus.DeadLetter) bool { return !want(letter) })
}

// ignoreMissing lets a round go on when an operator discards a letter under its hands.
func ignoreMissing(err error) error {
	if errors.Is(err, bus.ErrNotFound) {
		return nil
	}
	return err
}

// names are the event types of some letters, each once.
func names(letters []bus.DeadLetter) []bus.Name {
	var found []bus.Name
	for _, letter := range letters {
		found = append(found, letter.Event.Name)
	}
	slices.SortFunc(found, cmp.Compare[bus.Name])
	return slices.Compact(found)
}
