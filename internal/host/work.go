package host

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
)

// minPause keeps a daemon that asks for no pause at all from taking a whole core.
const minPause = 10 * time.Millisecond

// work drives one runner: initialisation, then its loop beside health checks and events.
type work struct {
	*instance
	runner Runner
	ticker Ticker // exactly one of ticker and server is set
	server Server
	kicked chan struct{} // something has happened: tick now
	heard  heard
	cancel context.CancelFunc

	once    sync.Once
	failing chan struct{} // closed at the first failure
	failed  error         // that failure; read once failing is closed
}

func newWork(i *instance, runner Runner) (*work, error) {
	w := &work{instance: i, runner: runner, kicked: make(chan struct{}, 1), failing: make(chan struct{})}
	w.ticker, _ = runner.(Ticker)
	w.server, _ = runner.(Server)
	if (w.ticker == nil) == (w.server == nil) {
		return nil, fmt.Errorf("daemon %s: %T must implement exactly one of Ticker and Server", i.assignment.Spec.Type, runner)
	}
	return w, nil
}

// run returns once everything the daemon was given has returned.
func (w *work) run(ctx context.Context) Exit {
	ctx, w.cancel = context.WithCancel(ctx)
	var beside sync.WaitGroup
	exit := w.start(ctx, &beside)
	if exit == nil {
		<-ctx.Done()
	}
	w.cancel()
	beside.Wait()
	select {
	case <-w.failing:
		return failure(w.failed)
	default:
	}
	if exit != nil {
		return *exit
	}
	return Exit{Kind: ExitStopped}
}

// start initialises the daemon and leaves its loops running beside; it returns an exit if it cannot.
func (w *work) start(ctx context.Context, beside *sync.WaitGroup) *Exit {
	if w.server != nil {
		beside.Go(func() { w.fail(w.serve(ctx)) })
	}
	if err := w.initialise(ctx); err != nil {
		return notReady(err)
	}
	if subscriber, can := w.runner.(Subscriber); can {
		subscription, err := w.subscribe(ctx, subscriber)
		if err != nil {
			exit := failure(err)
			return &exit
		}
		beside.Go(func() { w.fail(watch(ctx, subscription)) })
		if err := w.overhear(ctx, beside); err != nil {
			exit := failure(err)
			return &exit
		}
	}
	w.health.first(ctx, w.runner)
	if ctx.Err() != nil {
		return nil
	}
	w.becomeReady()
	beside.Go(func() { w.fail(w.health.watch(ctx, w.runner)) })
	if w.ticker != nil {
		beside.Go(func() { w.fail(w.tick(ctx)) })
	}
	return nil
}

// fail ends the attempt with the first error; nil means that the context ended the caller.
func (w *work) fail(err error) {
	if err == nil {
		return
	}
	w.once.Do(func() {
		w.failed = err
		close(w.failing)
	})
	w.cancel()
}

func notReady(err error) *Exit {
	exit := failure(err)
	if errors.Is(err, context.DeadlineExceeded) && exit.Kind == ExitFailed {
		exit.Cause = spec.CauseNotReady
	}
	return &exit
}

// initialise calls Ready until it succeeds. While a dependency is down it waits; every single call is
// bounded by the ready timeout.
func (w *work) initialise(ctx context.Context) error {
	readier, can := w.runner.(Readier)
	if !can {
		return nil
	}
	limit := w.assignment.Spec.ReadyTimeout
	return w.insist(ctx, func() error {
		_, err := bounded(ctx, limit, func(ctx context.Context) (struct{}, error) { return struct{}{}, readier.Ready(ctx) })
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return &late{limit, w.health.check(ctx, w.runner).Message}
		}
		return err
	})
}

// late is the failure of a daemon that was not ready in time. It is a context.DeadlineExceeded.
type late struct {
	limit  time.Duration
	saying string // by its own check; empty if it has nothing to say
}

func (l *late) Error() string {
	text := fmt.Sprintf("not ready within %s", l.limit)
	if l.saying != "" {
		text += ": " + l.saying
	}
	return text
}

func (l *late) Unwrap() error { return context.DeadlineExceeded }

// insist repeats a call while a dependency is down, with growing pauses, and as often as it says Later.
func (w *work) insist(ctx context.Context, call func() error) error {
	wait := dependencyPause
	for {
		w.health.trying()
		err := call()
		var again *later
		switch {
		case err == nil || ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &again):
			if !pause.For(ctx, again.after) {
				return ctx.Err()
			}
		case waits(err):
			w.health.waiting(err)
			if !pause.For(ctx, jittered(wait)) {
				return ctx.Err()
			}
			wait = min(2*wait, dependencyMax)
		default:
			return err
		}
	}
}

// serve calls Serve, again while a dependency is down.
func (w *work) serve(ctx context.Context) error {
	err := w.insist(ctx, func() error {
		err := guard(func() error { return w.server.Serve(ctx) })
		if err == nil && ctx.Err() == nil {
			return errors.New("the daemon returned from Serve although it was not told to stop")
		}
		return err
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// tick calls Tick on its interval, at once after an event, and as Later asks.
func (w *work) tick(ctx context.Context) error {
	wait := dependencyPause
	for {
		err := w.tickOnce(ctx)
		next := jittered(w.ticker.Interval())
		var again *later
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			wait = dependencyPause
		case errors.As(err, &again):
			next, wait = again.after, dependencyPause
		case waits(err):
			next, wait = jittered(wait), min(2*wait, dependencyMax)
		default:
			return err
		}
		timer := time.NewTimer(max(next, minPause))
		select {
		case <-timer.C:
		case <-w.kicked:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

func (w *work) tickOnce(ctx context.Context) error {
	finish := w.health.tickBegins()
	err := guard(func() error { return w.ticker.Tick(ctx) })
	finish(err)
	return err
}

// subscribe opens the daemon's durable subscription, once the bus is there.
func (w *work) subscribe(ctx context.Context, subscriber Subscriber) (*bus.Subscription, error) {
	var subscription *bus.Subscription
	err := w.insist(ctx, func() (err error) {
		subscription, err = w.session().Subscribe(ctx, subscriber.Subscriptions(), w.handle(subscriber))
		return err
	})
	return subscription, err
}

// watch ends the subscription with the attempt, or the attempt with the subscription: it ends by itself
// only when a newer copy of the daemon has taken over.
func watch(ctx context.Context, subscription *bus.Subscription) error {
	select {
	case <-subscription.Done():
		return subscription.Err()
	case <-ctx.Done():
		subscription.Close()
		return nil
	}
}

// handle passes an event on, beside a tick that may be under way: were it to wait for that, a tick that takes longer
// than the bus gives a handler would make a dead letter of every event. The tick that follows sees what came of it.
func (w *work) handle(subscriber Subscriber) func(context.Context, bus.Event) error {
	return func(ctx context.Context, event bus.Event) error {
		if err := subscriber.Handle(ctx, event); err != nil {
			return err
		}
		if !w.heard.forget(event.ID) {
			w.kick()
		}
		return nil
	}
}

// kick lets the next tick come at once.
func (w *work) kick() {
	select {
	case w.kicked <- struct{}{}:
	default:
	}
}
