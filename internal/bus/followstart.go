package bus

import (
	"context"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

func (c *Client) eventLog(ctx context.Context) (stream jetstream.Stream, newest uint64, err error) {
	limited, cancel := c.bounded(ctx)
	defer cancel()
	stream, err = c.js.Stream(limited, streamEvents)
	if err != nil {
		return nil, 0, wrap(ctx, err, "open event log")
	}
	return stream, stream.CachedInfo().State.LastSeq, nil
}

func (c *Client) followStart(ctx context.Context, stream jetstream.Stream, options FollowOptions, newest uint64) (jetstream.OrderedConsumerConfig, error) {
	config := jetstream.OrderedConsumerConfig{
		FilterSubjects: filter(options.Names), DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: newest + 1,
	}
	switch {
	case options.After > 0:
		config.OptStartSeq = options.After + 1
	case !options.Since.IsZero():
		since := options.Since
		config.DeliverPolicy, config.OptStartSeq, config.OptStartTime = jetstream.DeliverByStartTimePolicy, 0, &since
	case options.Last > 0:
		sequence, err := c.lastSequence(ctx, stream, config.FilterSubjects, uint64(options.Last), newest)
		if err != nil {
			return config, err
		}
		config.OptStartSeq = sequence
	}
	return config, nil
}

// lastSequence finds where the last n events of some subjects begin. The server counts what lies behind a
// sequence in no time, so halving the log is cheaper than reading it.
func (c *Client) lastSequence(ctx context.Context, stream jetstream.Stream, subjects []string, n, newest uint64) (uint64, error) {
	low, high := max(stream.CachedInfo().State.FirstSeq, 1), newest+1
	for low < high {
		middle := low + (high-low+1)/2
		pending, err := c.countFrom(ctx, stream, subjects, middle)
		if err != nil {
			return 0, err
		}
		if pending >= n {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low, nil
}

func (c *Client) countFrom(ctx context.Context, stream jetstream.Stream, subjects []string, sequence uint64) (uint64, error) {
	limited, cancel := c.bounded(ctx)
	defer cancel()
	consumer, err := stream.CreateConsumer(limited, jetstream.ConsumerConfig{
		FilterSubjects: subjects, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: sequence,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, InactiveThreshold: 5 * time.Second,
	})
	if err != nil {
		return 0, wrap(ctx, err, "count events")
	}
	info := consumer.CachedInfo()
	if err := stream.DeleteConsumer(limited, info.Name); err != nil {
		return 0, wrap(ctx, err, "count events")
	}
	return info.NumPending, nil
}

func filter(names []Name) []string {
	if len(names) == 0 {
		return []string{subjectEvents + ">"}
	}
	subjects := make([]string, len(names))
	for i, name := range names {
		subjects[i] = eventSubject(name)
	}
	slices.Sort(subjects)
	return slices.Compact(subjects) // the server refuses a subject that is named twice
}
