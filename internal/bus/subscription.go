package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// ackWait is how soon an event of a subscriber that died is given to its successor. A living one
	// renews it while it works.
	ackWait = 5 * time.Second
	// maxDeliveries bounds how often an event is given to a subscriber that dies of it.
	maxDeliveries = 5
	// forgetAfter is how long the log keeps the place of a subscriber that does not come back.
	forgetAfter = 7 * 24 * time.Hour
	// pullWait is how long one request for the next event stays open.
	pullWait = 25 * time.Second
)

// Subscription is a durable reader of some events in the name of one daemon. It handles one event at a
// time, in order; its place in the log outlives the process.
type Subscription struct {
	session *Session
	handle  func(context.Context, Event) error
	config  jetstream.ConsumerConfig
	cancel  context.CancelFunc
	done    chan struct{}

	mu  sync.Mutex
	err error
}

// Subscribe reads the named events in the order of the log, from the first one published after the daemon
// first subscribed. Delivery is at least once: handle must be idempotent on the event's id. An error, a panic
// or a timeout of handle gives one dead letter for this subscriber, and the next event; an error with
// ErrUnavailable in its chain gives the same event again, a few times. The subscription ends with ctx or Close.
func (s *Session) Subscribe(ctx context.Context, names []Name, handle func(context.Context, Event) error) (*Subscription, error) {
	for _, name := range names {
		if _, err := Lookup(name); err != nil {
			return nil, fmt.Errorf("subscribe %s: %w", s.name(), err)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("subscribe %s: name at least one event", s.name())
	}
	if err := s.Claim(ctx); err != nil {
		return nil, err
	}
	subscription := &Subscription{session: s, handle: handle, config: s.consumer(names), done: make(chan struct{})}
	consumer, err := subscription.consumer(ctx)
	if err != nil {
		return nil, err
	}
	ctx, subscription.cancel = context.WithCancel(ctx)
	go subscription.run(ctx, consumer)
	return subscription, nil
}

// Close ends the reading and waits for the handler. An event in work is given to the next subscriber.
func (s *Subscription) Close() {
	s.cancel()
	<-s.done
}

// Done is closed when the subscription has ended; Err then says why.
func (s *Subscription) Done() <-chan struct{} { return s.done }

// Err is ErrFenced after a newer copy of the daemon took over, and nil otherwise.
func (s *Subscription) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Lag says how far this subscriber is behind.
func (s *Subscription) Lag(ctx context.Context) (Lag, error) {
	return s.session.client.lagOf(ctx, s.config.Durable)
}

func (s *Session) consumer(names []Name) jetstream.ConsumerConfig {
	name := token(s.name())
	return jetstream.ConsumerConfig{
		Durable:           name,
		Description:       s.name(),
		FilterSubjects:    append(filter(names), subjectRedeliver+name),
		DeliverPolicy:     jetstream.DeliverNewPolicy,
		AckPolicy:         jetstream.AckExplicitPolicy,
		AckWait:           ackWait,
		MaxAckPending:     1, // one at a time is what keeps the order, also across a crash
		InactiveThreshold: forgetAfter,
		MaxDeliver:        -1,
	}
}

func (s *Subscription) run(ctx context.Context, consumer jetstream.Consumer) {
	defer close(s.done)
	defer s.cancel()
	for ctx.Err() == nil {
		message, err := s.next(ctx, consumer)
		if err == nil {
			err = s.deliver(ctx, message)
		}
		switch {
		case err == nil || ctx.Err() != nil || errors.Is(err, errNoEvent):
		case errors.Is(err, ErrFenced):
			s.end(err)
			return
		default:
			s.session.client.config.Logger.Debug("subscription waits", "subscriber", s.session.name(), "error", err)
			consumer = s.reopen(ctx, consumer)
		}
	}
}

var errNoEvent = errors.New("no event yet")

// next waits for one event, and gives up early when the connection changes.
func (s *Subscription) next(ctx context.Context, consumer jetstream.Consumer) (jetstream.Msg, error) {
	waiting, cancel := context.WithTimeout(ctx, pullWait)
	defer cancel()
	changed := s.session.client.change()
	go func() {
		select {
		case <-changed:
			cancel()
		case <-waiting.Done():
		}
	}()
	message, err := consumer.Next(jetstream.FetchContext(waiting))
	if err != nil && (waiting.Err() != nil || errors.Is(err, jetstream.ErrNoMessages)) && s.session.client.Connected() {
		return nil, errNoEvent
	}
	return message, err
}

// reopen waits for the bus and makes sure that the place in the log still exists there.
func (s *Subscription) reopen(ctx context.Context, old jetstream.Consumer) jetstream.Consumer {
	wait(ctx, s.session.client.change(), 500*time.Millisecond)
	consumer, err := s.consumer(ctx)
	if err != nil {
		return old
	}
	return consumer
}

func (s *Subscription) consumer(ctx context.Context) (jetstream.Consumer, error) {
	limited, cancel := s.session.client.bounded(ctx)
	defer cancel()
	consumer, err := s.session.client.js.CreateOrUpdateConsumer(limited, streamEvents, s.config)
	return consumer, wrap(ctx, err, "subscribe %s", s.session.name())
}

func (s *Subscription) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	s.session.client.config.Logger.Info("subscription ended", "subscriber", s.session.name(), "error", err)
}
