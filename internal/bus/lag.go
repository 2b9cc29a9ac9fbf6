package bus

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Lag is how far one subscriber is behind the log.
type Lag struct {
	Subscriber string        `json:"subscriber"`
	Pending    uint64        `json:"pending"`   // events not handled yet
	Behind     time.Duration `json:"behind_ns"` // age of the oldest of them
	Listening  bool          `json:"listening"` // somebody is reading right now
}

// LogState is what the log holds.
type LogState struct {
	Events map[Name]uint64 `json:"events"` // by name, as long as the log keeps them
	Bytes  uint64          `json:"bytes"`
	Lags   []Lag           `json:"lags"`
}

// LogState counts the log's events and says how far each subscriber is behind. What it finds unheard shows in
// the Collector from then on.
func (c *Client) LogState(ctx context.Context) (LogState, error) {
	limited, cancel := c.bounded(ctx)
	defer cancel()
	stream, err := c.js.Stream(limited, streamEvents)
	if err != nil {
		return LogState{}, wrap(ctx, err, "open event log")
	}
	info, err := stream.Info(limited, jetstream.WithSubjectFilter(subjectEvents+">"))
	if err != nil {
		return LogState{}, wrap(ctx, err, "inspect event log")
	}
	state := LogState{Events: make(map[Name]uint64, len(info.State.Subjects)), Bytes: info.State.Bytes}
	for subject, count := range info.State.Subjects {
		state.Events[Name(subject[len(subjectEvents):])] = count
	}
	asked := map[Name]bool{}
	consumers := stream.ListConsumers(limited)
	for consumer := range consumers.Info() {
		if consumer.Config.Durable == "" {
			continue // a follower
		}
		for _, subject := range consumer.Config.FilterSubjects {
			asked[Name(strings.TrimPrefix(subject, subjectEvents))] = true
		}
		lag, err := c.lag(limited, stream, consumer)
		if err != nil {
			return LogState{}, err
		}
		state.Lags = append(state.Lags, lag)
	}
	if err := consumers.Err(); err != nil {
		return LogState{}, wrap(ctx, err, "list subscribers")
	}
	c.counters.looked(unheard(Catalogue(), state.Events, asked))
	return state, nil
}

func (c *Client) lagOf(ctx context.Context, durable string) (Lag, error) {
	limited, cancel := c.bounded(ctx)
	defer cancel()
	stream, err := c.js.Stream(limited, streamEvents)
	if err != nil {
		return Lag{}, wrap(ctx, err, "open event log")
	}
	consumer, err := stream.Consumer(limited, durable)
	if err != nil {
		return Lag{}, wrap(ctx, err, "find subscriber %s", durable)
	}
	return c.lag(limited, stream, consumer.CachedInfo())
}

func (c *Client) lag(ctx context.Context, stream jetstream.Stream, info *jetstream.ConsumerInfo) (Lag, error) {
	lag := Lag{
		Subscriber: info.Config.Description,
		Pending:    info.NumPending + uint64(info.NumAckPending),
		Listening:  info.NumWaiting > 0 || info.NumAckPending > 0,
	}
	if lag.Pending == 0 {
		return lag, nil
	}
	var oldest time.Time
	for _, subject := range info.Config.FilterSubjects {
		message, err := stream.GetMsg(ctx, info.AckFloor.Stream+1, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return lag, wrap(ctx, err, "find oldest event of %s", lag.Subscriber)
		}
		if oldest.IsZero() || message.Time.Before(oldest) {
			oldest = message.Time
		}
	}
	if !oldest.IsZero() {
		lag.Behind = max(c.config.Now().Sub(oldest), 0)
	}
	return lag, nil
}
