package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// FollowOptions says which events to read, and from where.
type FollowOptions struct {
	Names []Name // empty means all
	// After starts behind the event with this Sequence, to continue where a reader stopped.
	After uint64
	// Since starts at a moment; Last at the n-th event from the end. With none of the three only new events are read.
	Since time.Time
	Last  int
	// Stop ends the reading at the event that was the newest when it began, instead of waiting for more.
	Stop bool
}

// Follow calls handle for each event in order until ctx is done, which is no error, or handle returns one.
// It leaves no trace on the bus, and goes on by itself after a loss of the connection.
func (c *Client) Follow(ctx context.Context, options FollowOptions, handle func(Event) error) error {
	stream, newest, err := c.eventLog(ctx)
	if err != nil {
		return err
	}
	start, err := c.followStart(ctx, stream, options, newest)
	if err != nil {
		return err
	}
	reader := &reader{stream: stream, start: start, handle: handle, newest: newest, stop: options.Stop}
	for {
		changed := c.change()
		err := reader.read(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case reader.ended:
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// reader is one reading of the log, which may take several connections.
type reader struct {
	stream jetstream.Stream
	start  jetstream.OrderedConsumerConfig // moves on with each event
	handle func(Event) error
	newest uint64 // when the reading began
	stop   bool   // at newest
	ended  bool   // by its own will, not by a lost connection
}

func (r *reader) read(ctx context.Context) error {
	consumer, err := r.stream.OrderedConsumer(ctx, r.start)
	if err != nil {
		return err
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(256))
	if err != nil {
		return err
	}
	defer messages.Stop()
	pending := consumer.CachedInfo().NumPending
	for !r.stop || pending > 0 {
		message, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		if err := r.take(message); err != nil || r.ended {
			return err
		}
		pending--
	}
	r.ended = true
	return nil
}

func (r *reader) take(message jetstream.Msg) error {
	event, err := readEvent(message)
	if err == nil && r.stop && event.Sequence > r.newest {
		r.ended = true
		return nil
	}
	if err == nil {
		err = r.handle(event)
	}
	r.ended = err != nil
	r.start.DeliverPolicy, r.start.OptStartTime = jetstream.DeliverByStartSequencePolicy, nil
	r.start.OptStartSeq = event.Sequence + 1
	return err
}

// readEvent decodes a stored message. The envelope may be of a newer version: its unknown fields are ignored.
func readEvent(message jetstream.Msg) (Event, error) {
	meta, err := message.Metadata()
	if err != nil {
		return Event{}, fmt.Errorf("read event: %w", err)
	}
	event := Event{Sequence: meta.Sequence.Stream}
	if err := json.Unmarshal(message.Data(), &event); err != nil {
		return event, fmt.Errorf("read event %d of the log: %w", meta.Sequence.Stream, err)
	}
	return event, nil
}
