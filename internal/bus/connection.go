package bus

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func (c *Client) options() []nats.Option {
	log := c.config.Logger
	options := []nats.Option{
		nats.Name(c.config.Name),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.CustomReconnectDelay(reconnectDelay),
		nats.ReconnectBufSize(-1), // a lost connection is an error at once, never a silent buffer
		nats.Timeout(2 * time.Second),
		nats.PingInterval(5 * time.Second),
		nats.MaxPingsOutstanding(2),
		nats.ConnectHandler(func(*nats.Conn) { c.wake() }),
		nats.ReconnectHandler(func(conn *nats.Conn) {
			log.Info("event bus connected", "url", conn.ConnectedUrlRedacted())
			c.wake()
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("event bus connection lost", "error", err)
			}
			c.wake()
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn("event bus client", "error", err)
		}),
	}
	if c.config.Token != "" {
		options = append(options, nats.Token(c.config.Token))
	}
	return options
}

// reconnectDelay is short, since a restarted router is back within a second.
func reconnectDelay(attempt int) time.Duration {
	return min(50*time.Millisecond<<min(attempt, 6), 500*time.Millisecond)
}

func (c *Client) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.changed)
	c.changed = make(chan struct{})
}

// change returns a channel that is closed when the connection is next lost or made.
func (c *Client) change() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// bounded limits one request by the client's patience.
func (c *Client) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.config.Timeout)
}

// bucket returns a key-value bucket; handles are kept, since opening one costs a request.
func (c *Client) bucket(ctx context.Context, name string) (jetstream.KeyValue, error) {
	c.mu.Lock()
	bucket, found := c.buckets[name]
	c.mu.Unlock()
	if found {
		return bucket, nil
	}
	bucket, err := c.js.KeyValue(ctx, name)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.buckets[name] = bucket
	return bucket, nil
}
