package backup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ringrift/orchestrator/internal/bus"
)

const (
	clientName = "starter backup"
	// answerLimit bounds every single answer of the bus.
	answerLimit = 30 * time.Second
	// closingLimit bounds how long the bus's folder may take to close.
	closingLimit = 30 * time.Second
)

// eventBus is the built-in bus: the one that EVENT_ROUTER runs, or its folder opened here while the router is down.
type eventBus struct {
	server *bus.Server // nil when the router runs it
	conn   *nats.Conn
	js     jetstream.JetStream
	client *bus.Client
}

// openBus finds out by the folder's lock whether the router runs.
func openBus(config Config) (*eventBus, error) {
	own, err := serveBus(config, config.busDir())
	if !errors.Is(err, bus.ErrInUse) {
		return own, err
	}
	opened, err := connectBus(config, config.BusURL, config.BusToken)
	if err != nil {
		return nil, fmt.Errorf("the event bus in %s is in use, but does not answer at %s (BUS_LISTEN): %w", config.busDir(), config.BusURL, err)
	}
	return opened, nil
}

// serveBus opens a folder of the bus for this process alone.
func serveBus(config Config, dir string) (*eventBus, error) {
	token := rand.Text() // nobody else is meant to connect
	server, err := bus.StartServer(bus.ServerConfig{Dir: dir, Listen: "127.0.0.1:-1", Token: token, Logger: config.Logger})
	if err != nil {
		return nil, err
	}
	opened, err := connectBus(config, server.URL(), token)
	if err != nil {
		return nil, errors.Join(err, shutdown(server))
	}
	opened.server = server
	return opened, nil
}

func connectBus(config Config, url, token string) (*eventBus, error) {
	conn, err := nats.Connect(url, nats.Name(clientName), nats.Token(token), nats.Timeout(answerLimit))
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	client, err := bus.Connect(bus.ClientConfig{URL: url, Token: token, Name: clientName, Timeout: answerLimit, Logger: config.Logger})
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &eventBus{conn: conn, js: js, client: client}, nil
}

// Close ends the connections, and the server if it is ours.
func (b *eventBus) Close() error {
	b.client.Close()
	b.conn.Close()
	if b.server == nil {
		return nil
	}
	return shutdown(b.server)
}

func shutdown(server *bus.Server) error {
	limited, cancel := context.WithTimeout(context.Background(), closingLimit)
	defer cancel()
	return server.Shutdown(limited)
}

// streams names the buckets, sorted, and says whether there is a log.
func (b *eventBus) streams(ctx context.Context) (buckets []string, hasLog bool, err error) {
	names := b.js.StreamNames(ctx)
	for name := range names.Name() {
		if name == logStream {
			hasLog = true
		} else {
			buckets = append(buckets, name)
		}
	}
	slices.Sort(buckets)
	return buckets, hasLog, names.Err()
}

// fences says how many daemons have a fence, and what the newest epoch is.
func (b *eventBus) fences(ctx context.Context) (count int, newest time.Time, err error) {
	fences, err := b.client.Fences(ctx)
	for _, fence := range fences {
		if at := time.Unix(0, fence.Epoch).UTC(); at.After(newest) && fence.Epoch > 0 {
			newest = at
		}
	}
	return len(fences), newest, err
}
