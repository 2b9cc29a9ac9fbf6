package bus

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// errTimeout marks a handler that took too long.
var errTimeout = errors.New("handler timed out")

// maxErrorText bounds the error that is stored with a dead letter, in bytes.
const maxErrorText = 4 << 10

// attempt calls the handler, bounded in time and safe from its panics, and keeps the message ours meanwhile.
func (s *Subscription) attempt(ctx context.Context, message jetstream.Msg, event Event) error {
	if meta, err := message.Metadata(); err == nil && meta.NumDelivered > maxDeliveries {
		return fmt.Errorf("delivered %d times without an answer: the subscriber seems to die of it", meta.NumDelivered-1)
	}
	limit := s.session.client.config.HandlerTimeout
	handling, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	outcome := make(chan error, 1)
	go func() { outcome <- s.protect(handling, event) }()

	renew := time.NewTicker(ackWait / 3)
	defer renew.Stop()
	for {
		select {
		case err := <-outcome:
			if handling.Err() != nil && errors.Is(err, context.DeadlineExceeded) {
				return errTimeout
			}
			return err
		case <-handling.Done():
			if ctx.Err() != nil {
				<-outcome // the handler was told to stop; what it still does must not overlap its successor
				return ctx.Err()
			}
			return errTimeout
		case <-renew.C:
			if err := message.InProgress(); err != nil {
				s.session.client.config.Logger.Debug("renew event", "event", event.ID, "error", err)
			}
		}
	}
}

// protect turns a panic of the handler into an error.
func (s *Subscription) protect(ctx context.Context, event Event) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("handler panicked: %v\n%s", cause, debug.Stack())
		}
	}()
	return s.handle(ctx, event)
}

// bury writes the one dead letter of an event that this subscriber failed, and tells of it.
func (s *Subscription) bury(ctx context.Context, event Event, cause error) error {
	if err := s.session.client.createLetter(ctx, s.session.name(), event, cause); err != nil {
		return err
	}
	s.session.client.config.Logger.Warn("event not handled", "subscriber", s.session.name(), "event", event.Name, "id", event.ID, "error", firstLine(cause))
	if strings.HasPrefix(string(event.Name), "HANDLER_") {
		return nil // a subscriber that fails at such news would otherwise be the source of more
	}
	return s.session.Publish(ctx, s.failure(event, cause))
}

func (s *Subscription) failure(event Event, cause error) Payload {
	if errors.Is(cause, errTimeout) {
		return HandlerTimeout{
			EventID: event.ID, EventType: event.Name, Subscriber: s.session.name(),
			TimeoutSeconds: s.session.client.config.HandlerTimeout.Seconds(),
		}
	}
	return HandlerFailed{EventID: event.ID, EventType: event.Name, Subscriber: s.session.name(), Error: firstLine(cause)}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(errorText(err), "\n")
	return line
}

func errorText(err error) string {
	text := err.Error()
	if text == "" {
		return "an error without text"
	}
	return text[:min(len(text), maxErrorText)]
}

// deliver gives one message to the handler and answers it. An error means that it was not answered.
func (s *Subscription) deliver(ctx context.Context, message jetstream.Msg) error {
	if err := s.session.Claim(ctx); err != nil {
		return errors.Join(err, message.Nak())
	}
	event, err := readEvent(message)
	if err != nil {
		s.session.client.config.Logger.Error("an entry of the event log is not an event and is skipped", "error", err)
		return message.Term()
	}
	cause := s.attempt(ctx, message, event)
	switch {
	case ctx.Err() != nil:
		return message.Nak() // told to stop: the event belongs to the successor
	case errors.Is(cause, ErrUnavailable), errors.Is(cause, ErrFenced):
		return errors.Join(cause, message.NakWithDelay(ackWait)) // not the event's fault, which comes again
	}
	if err := s.record(ctx, message, event, cause); err != nil {
		return errors.Join(err, message.NakWithDelay(time.Second))
	}
	s.session.client.counters.given(event, s.session, cause)
	limited, cancel := s.session.client.bounded(ctx)
	defer cancel()
	return wrap(ctx, message.DoubleAck(limited), "acknowledge event %s", event.ID)
}

// record keeps the outcome of one delivery: nothing for a success at the first try, a dead letter for a
// failure, and what became of the letter for a redelivery.
func (s *Subscription) record(ctx context.Context, message jetstream.Msg, event Event, cause error) error {
	letter := message.Headers().Get(headerLetter)
	switch {
	case letter != "":
		after, _ := strconv.ParseInt(message.Headers().Get(headerRetryAfter), 10, 64) // absent: due at once
		return s.session.client.settle(ctx, letter, cause, time.Duration(after))
	case cause != nil:
		return s.bury(ctx, event, cause)
	}
	return nil
}
