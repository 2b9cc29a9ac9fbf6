package eventrouter

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pause"
)

const (
	// settleLimit bounds how long the streams of a running server may take to be usable.
	settleLimit = 15 * time.Second
	settlePause = 50 * time.Millisecond
	// shutdownLimit is below the stop timeout of the registry.
	shutdownLimit = 20 * time.Second
)

type router struct {
	config Config
	rt     host.Runtime
	client *bus.Client
	opened sync.Once
	open   chan struct{} // closed once events can be stored and read

	mu     sync.Mutex
	server *bus.Server // nil while none is embedded
}

var (
	_ host.Server  = (*router)(nil)
	_ host.Readier = (*router)(nil)
	_ host.Checker = (*router)(nil)
)

func newRouter(config Config, rt host.Runtime) *router {
	return &router{config: config, rt: rt, client: rt.Bus.Client(), open: make(chan struct{})}
}

// Serve runs the bus until ctx is done.
func (r *router) Serve(ctx context.Context) error {
	if r.config.URL != "" {
		return r.tend(ctx, nil)
	}
	server, err := bus.StartServer(r.config.server(filepath.Join(r.rt.ClusterDir, "bus"), r.rt))
	if errors.Is(err, bus.ErrInUse) {
		return host.Dependency(err) // the copy before this one has not let go yet
	}
	if err != nil {
		return err
	}
	r.embed(server)
	err = r.tend(ctx, server.Done())
	r.embed(nil)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownLimit)
	defer cancel()
	return errors.Join(err, server.Shutdown(stopping))
}

// Ready waits until Serve has seen an event bus that stores and returns a value.
func (r *router) Ready(ctx context.Context) error {
	select {
	case <-r.open:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the event bus: %w", ctx.Err())
	}
}

// tend sets the bus up and stays until ctx is done or the embedded server ends by itself.
func (r *router) tend(ctx context.Context, ended <-chan struct{}) error {
	if err := r.settle(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	r.opened.Do(func() { close(r.open) })
	select {
	case <-ctx.Done():
		return nil
	case <-ended:
		return errors.New("the event bus server ended by itself")
	}
}

// settle makes the streams and proves that they work. A new server is there some moments before its client knows.
func (r *router) settle(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	for {
		err := r.prepare(limited)
		switch {
		case err == nil || ctx.Err() != nil:
			return nil
		case limited.Err() != nil:
			return host.Dependency(err)
		case !errors.Is(err, bus.ErrUnavailable):
			return err
		}
		pause.For(limited, settlePause)
	}
}

func (r *router) prepare(ctx context.Context) error {
	if err := r.client.Reconnect(); err != nil {
		return err
	}
	if err := r.client.EnsureStreams(ctx); err != nil {
		return err
	}
	if err := r.rt.Bus.Claim(ctx); err != nil {
		return err
	}
	return r.client.RoundTrip(ctx)
}

func (r *router) embed(server *bus.Server) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.server = server
}

func (r *router) embedded() *bus.Server {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.server
}
