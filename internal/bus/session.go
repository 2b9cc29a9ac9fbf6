package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ringrift/orchestrator/internal/spec"
)

// casAttempts bounds how often a compare-and-set is tried against somebody who writes the same key.
const casAttempts = 8

// Session is the bus in the name of one copy of a daemon. Once a newer copy of that daemon has used its
// own session, everything here returns ErrFenced.
type Session struct {
	client *Client
	daemon spec.Type
	node   string
	epoch  int64
}

// Client returns the connection below, for the daemons that tend the bus itself.
func (s *Session) Client() *Client { return s.client }

// Publish puts a fact into the log in the daemon's name and returns once it is on disk.
func (s *Session) Publish(ctx context.Context, payload Payload) error {
	event, err := s.Event(payload)
	if err != nil {
		return err
	}
	return s.PublishEvent(ctx, event)
}

// Event puts a payload into an envelope of this daemon, for those who add to it before PublishEvent.
func (s *Session) Event(payload Payload) (Event, error) {
	node := s.node
	if node == "" {
		node = s.client.config.Node
	}
	return NewEvent(payload, Origin{Source: string(s.daemon), Node: node, OccurredAt: s.client.config.Now()})
}

// ParseSubmission is ParseSubmission for those who take hand-written events in; unknown types are counted.
func (s *Session) ParseSubmission(raw []byte, origin Origin) (Event, error) {
	event, err := ParseSubmission(raw, origin)
	var unknown *UnknownEvent
	if errors.As(err, &unknown) {
		s.client.counters.unknown.WithLabelValues(string(s.daemon)).Inc()
	}
	return event, err
}

// PublishEvent puts an event into the log as it is. The same event published twice is stored once.
func (s *Session) PublishEvent(ctx context.Context, event Event) error {
	if err := s.Claim(ctx); err != nil {
		return err
	}
	return s.client.publish(ctx, event, s.epoch)
}

// Claim makes this copy the newest one of its daemon, or returns ErrFenced when a newer one has been here.
// Every other call claims first; a host calls it to fence the old copy before the new one starts working.
func (s *Session) Claim(ctx context.Context) error {
	if s.epoch == 0 {
		return nil
	}
	limited, cancel := s.client.bounded(ctx)
	defer cancel()
	bucket, err := s.client.bucket(limited, bucketEpochs)
	if err != nil {
		return wrap(ctx, err, "open bucket %s", bucketEpochs)
	}
	raise := func(stored []byte, found bool) ([]byte, error) {
		highest, err := parseEpoch(stored, found)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read epoch of %s: %w", s.name(), err)
		case highest > s.epoch:
			return nil, s.fenced(highest)
		case highest == s.epoch:
			return nil, errUnchanged
		}
		return strconv.AppendInt(nil, s.epoch, 10), nil
	}
	return wrapUnlessOurs(ctx, update(limited, bucket, token(s.name()), raise), "claim epoch of "+s.name())
}

// Save stores a checkpoint under a key of this daemon.
func (s *Session) Save(ctx context.Context, key string, data []byte) error {
	if len(data) > maxCheckpointBytes {
		return fmt.Errorf("save checkpoint %s of %s: %d bytes, at most %d are allowed: %w", key, s.name(), len(data), maxCheckpointBytes, ErrTooLarge)
	}
	return s.store(ctx, bucketCheckpoints, key, data)
}

// store replaces a value of this daemon, below the epoch that wrote it.
func (s *Session) store(ctx context.Context, name, key string, data []byte) error {
	if err := s.Claim(ctx); err != nil {
		return err
	}
	limited, cancel := s.client.bounded(ctx)
	defer cancel()
	bucket, err := s.client.bucket(limited, name)
	if err != nil {
		return wrap(ctx, err, "open bucket %s", name)
	}
	replace := func(stored []byte, found bool) ([]byte, error) {
		line, _, _ := bytes.Cut(stored, []byte("\n"))
		writer, err := parseEpoch(line, found)
		if err != nil {
			return nil, fmt.Errorf("read epoch of %s in %s: %w", s.key(key), name, err)
		}
		if writer > s.epoch {
			return nil, s.fenced(writer)
		}
		return append(strconv.AppendInt(nil, s.epoch, 10), append([]byte("\n"), data...)...), nil
	}
	return wrapUnlessOurs(ctx, update(limited, bucket, s.key(key), replace), "save "+key+" of "+s.name())
}

// Load returns what was last saved under a key, by whichever copy of this daemon.
func (s *Session) Load(ctx context.Context, key string) (data []byte, found bool, err error) {
	limited, cancel := s.client.bounded(ctx)
	defer cancel()
	bucket, err := s.client.bucket(limited, bucketCheckpoints)
	if err != nil {
		return nil, false, wrap(ctx, err, "open bucket %s", bucketCheckpoints)
	}
	entry, err := bucket.Get(limited, s.key(key))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, wrap(ctx, err, "load checkpoint %s of %s", key, s.name())
	}
	_, data, found = bytes.Cut(entry.Value(), []byte("\n"))
	if !found {
		return nil, false, fmt.Errorf("load checkpoint %s of %s: the stored value has no epoch line", key, s.name())
	}
	return data, true, nil
}

func (s *Session) name() string { return owner(s.daemon, s.node) }

func (s *Session) key(key string) string { return token(s.name()) + "." + token(key) }

func (s *Session) fenced(highest int64) error {
	return fmt.Errorf("%s with epoch %d, newest is %d: %w", s.name(), s.epoch, highest, ErrFenced)
}

// parseEpoch reads a stored epoch; an absent one is older than any.
func parseEpoch(stored []byte, found bool) (int64, error) {
	if !found {
		return 0, nil
	}
	return strconv.ParseInt(string(stored), 10, 64)
}
