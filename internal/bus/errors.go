package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var (
	// ErrUnavailable is in the chain of every error that means: the bus cannot be reached now, or its
	// streams do not exist yet. Waiting is the cure.
	ErrUnavailable = errors.New("the event bus is not available")
	// ErrFenced is in the chain of every refusal of a copy of a daemon that was replaced by a newer one.
	ErrFenced = errors.New("a newer copy of this daemon has taken over")
	// ErrTooLarge is in the chain of every refusal of a value that exceeds its bound.
	ErrTooLarge = errors.New("too large")
	// ErrInUse is in the chain when another process has the folder of a server or an outbox.
	ErrInUse = errors.New("in use by another process")
	// ErrNotFound is in the chain when a named dead letter does not exist.
	ErrNotFound = errors.New("not found")
)

// wrap says what was being done, and marks the errors that waiting cures.
func wrap(ctx context.Context, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	act := fmt.Sprintf(format, args...)
	if ctx.Err() == nil && passing(err) && !errors.Is(err, ErrUnavailable) {
		return fmt.Errorf("%s: %w: %w", act, ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", act, err)
}

// passing says whether an error comes from a bus that is away, starting, or not yet set up.
func passing(err error) bool {
	for _, target := range []error{
		nats.ErrConnectionClosed, nats.ErrDisconnected, nats.ErrNoServers, nats.ErrTimeout, nats.ErrNoResponders,
		nats.ErrReconnectBufExceeded, nats.ErrConnectionReconnecting, nats.ErrStaleConnection,
		nats.ErrBadSubscription, nats.ErrConnectionDraining,
		jetstream.ErrNoStreamResponse, jetstream.ErrStreamNotFound, jetstream.ErrBucketNotFound,
		jetstream.ErrConsumerNotFound, jetstream.ErrConsumerDeleted, jetstream.ErrNoHeartbeat,
		jetstream.ErrJetStreamNotEnabled, jetstream.ErrServerShutdown,
		context.DeadlineExceeded,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	var api *jetstream.APIError
	return errors.As(err, &api) && api.Code >= 500
}
