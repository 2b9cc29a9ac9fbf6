package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ringrift/orchestrator/internal/spec"
)

// ClientConfig says where the bus is and how patient a client is.
type ClientConfig struct {
	URL string // nats://host:port; several separated by commas
	// Name shows this client in the server's own monitoring; Node goes into events that name no node.
	Name, Node string
	Token      string // of a bus that asks for one
	// Timeout bounds every single request; default 5 s.
	Timeout time.Duration
	// MaxBytes bounds the log on disk; default 1 GiB. The oldest events go first.
	MaxBytes int64
	// MaxAge is how long events are kept; default 7 days.
	MaxAge time.Duration
	// HandlerTimeout is how long a subscriber may take with one event; default 30 s.
	HandlerTimeout time.Duration
	Logger         *slog.Logger // default: slog.Default()
	Now            func() time.Time
}

func (c ClientConfig) withDefaults() ClientConfig {
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = 1 << 30
	}
	if c.MaxAge == 0 {
		c.MaxAge = 7 * 24 * time.Hour
	}
	if c.HandlerTimeout == 0 {
		c.HandlerTimeout = 30 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Client is a process's one connection to the bus. It is safe for concurrent use.
type Client struct {
	config ClientConfig
	conn   *nats.Conn
	js     jetstream.JetStream
	// counters are of this process, not of the bus.
	counters *counters

	mu      sync.Mutex
	buckets map[string]jetstream.KeyValue
	// changed is closed and replaced whenever the connection is lost or made, to wake those who wait.
	changed chan struct{}
}

// Connect returns a client at once, whether or not a server is there: it connects in the background, and
// again after every loss, for ever. It fails only for a bad configuration.
func Connect(config ClientConfig) (*Client, error) {
	config = config.withDefaults()
	client := &Client{
		config: config, counters: newCounters(config.Now),
		buckets: map[string]jetstream.KeyValue{}, changed: make(chan struct{}),
	}
	conn, err := nats.Connect(config.URL, client.options()...)
	if err != nil {
		return nil, fmt.Errorf("event bus address %q: %w: write nats://host:port", config.URL, err)
	}
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(config.Timeout))
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("open event bus client: %w", err)
	}
	client.conn, client.js = conn, js
	return client, nil
}

// Connected says whether the server can be talked to right now.
func (c *Client) Connected() bool { return c.conn.IsConnected() }

// Reconnect tries at once instead of at the next turn, for those who know that the server is there.
func (c *Client) Reconnect() error {
	if c.Connected() {
		return nil
	}
	if err := c.conn.ForceReconnect(); err != nil {
		return fmt.Errorf("connect to the event bus: %w", err)
	}
	return nil
}

// Close ends the connection. Calls in flight fail with ErrUnavailable.
func (c *Client) Close() { c.conn.Close() }

// Session returns the bus as one copy of a daemon may use it. Node is empty for a cluster daemon; epoch 0
// is for those who are not daemons and cannot be fenced.
func (c *Client) Session(daemon spec.Type, node string, epoch int64) *Session {
	return &Session{client: c, daemon: daemon, node: node, epoch: epoch}
}

// publish appends an event to the log and returns once it is on the server's disk.
func (c *Client) publish(ctx context.Context, event Event, epoch int64) error {
	data, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", event.Name, err)
	}
	if len(data) > MaxEventBytes {
		return fmt.Errorf("event %s has %d bytes, at most %d are allowed: %w", event.Name, len(data), MaxEventBytes, ErrTooLarge)
	}
	message := &nats.Msg{Subject: eventSubject(event.Name), Data: data, Header: nats.Header{}}
	if epoch != 0 {
		message.Header.Set(headerEpoch, strconv.FormatInt(epoch, 10))
	}
	duplicate, err := c.append(ctx, message, event.ID, "publish event "+string(event.Name))
	if err != nil {
		return err
	}
	c.counters.stored(event.Name, duplicate)
	return nil
}

// append stores one message under an id by which the log drops repetitions, and says whether this was one.
func (c *Client) append(ctx context.Context, message *nats.Msg, id, act string) (duplicate bool, err error) {
	limited, cancel := c.bounded(ctx)
	defer cancel()
	ack, err := c.js.PublishMsg(limited, message, jetstream.WithMsgID(id), jetstream.WithExpectStream(streamEvents))
	if errors.Is(err, nats.ErrMaxPayload) {
		return false, fmt.Errorf("%s: %w: %w", act, ErrTooLarge, err)
	}
	if err != nil {
		return false, wrap(ctx, err, "%s", act)
	}
	return ack.Duplicate, nil
}
