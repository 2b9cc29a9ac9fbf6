package bus

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Agree changes a value that daemons of several nodes share, by compare-and-set. change gets what is stored, nil
// for nothing, and returns what is to be stored, or nil to leave it; it may be called more than once.
func (s *Session) Agree(ctx context.Context, topic, name string, change func(stored []byte) ([]byte, error)) error {
	if err := s.Claim(ctx); err != nil {
		return err
	}
	limited, cancel := s.client.bounded(ctx)
	defer cancel()
	bucket, err := s.client.bucket(limited, bucketAgreed)
	if err != nil {
		return wrap(ctx, err, "open bucket %s", bucketAgreed)
	}
	act := fmt.Sprintf("agree on %s of %s", topic, name)
	replace := func(stored []byte, _ bool) ([]byte, error) {
		value, err := change(stored)
		if err == nil && value == nil {
			err = errUnchanged
		}
		return value, err
	}
	return wrapUnlessOurs(ctx, update(limited, bucket, token(topic)+"."+token(name), replace), act)
}

// Agreed returns what was agreed on under a topic, by name.
func (c *Client) Agreed(ctx context.Context, topic string) (map[string][]byte, error) {
	limited, cancel := c.bounded(ctx)
	defer cancel()
	bucket, err := c.bucket(limited, bucketAgreed)
	if err != nil {
		return nil, wrap(ctx, err, "open bucket %s", bucketAgreed)
	}
	values := map[string][]byte{}
	err = eachEntry(limited, bucket, token(topic)+".*", func(entry jetstream.KeyValueEntry) error {
		_, key, _ := strings.Cut(entry.Key(), ".")
		name, err := untoken(key)
		values[name] = entry.Value()
		return err
	})
	if err != nil {
		return nil, wrap(ctx, err, "read what was agreed on %s", topic)
	}
	return values, nil
}
