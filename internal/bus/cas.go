package bus

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// errUnchanged is returned by a change function that has nothing to write.
var errUnchanged = errors.New("unchanged")

// refusal is an error of a change function: it is the caller's own and says already what was refused.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// update replaces the value of a key by compare-and-set until nobody interferes.
func update(ctx context.Context, bucket jetstream.KeyValue, key string, change func(stored []byte, found bool) ([]byte, error)) error {
	var err error
	for range casAttempts {
		if err = updateOnce(ctx, bucket, key, change); !conflict(err) {
			return err
		}
	}
	return err
}

func updateOnce(ctx context.Context, bucket jetstream.KeyValue, key string, change func([]byte, bool) ([]byte, error)) error {
	var stored []byte
	var revision uint64
	entry, err := bucket.Get(ctx, key)
	found := err == nil
	switch {
	case found:
		stored, revision = entry.Value(), entry.Revision()
	case !errors.Is(err, jetstream.ErrKeyNotFound):
		return err
	}
	value, err := change(stored, found)
	switch {
	case errors.Is(err, errUnchanged):
		return nil
	case err != nil:
		return refusal{err}
	case found:
		_, err = bucket.Update(ctx, key, value, revision)
	default:
		_, err = bucket.Create(ctx, key, value)
	}
	return err
}

func conflict(err error) bool {
	return errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch)
}

// wrapUnlessOurs names the act in an error of the bus; a refusal speaks for itself.
func wrapUnlessOurs(ctx context.Context, err error, act string) error {
	var ours refusal
	if errors.As(err, &ours) {
		return ours.error
	}
	return wrap(ctx, err, "%s", act)
}
