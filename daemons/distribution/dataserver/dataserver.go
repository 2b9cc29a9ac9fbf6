package dataserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/peers"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/nodes"
)

type daemon struct {
	config Config
	rt     host.Runtime

	mu     sync.Mutex
	self   *transfer.Client // asks this server
	source transfer.Source  // where it is reached from here; no URL: it does not listen yet
	state  state
	doubts map[data.Sum]bool // files that others say were sent as other bytes

	doubted chan struct{} // there are some
}

// state is how the work goes.
type state struct {
	scannedAt   time.Time
	scanFault   error
	scrubbedAt  time.Time
	scrubFault  error
	checked     int64 // files that were read again and are right
	undecided   int64
	quarantined []string // the last ones, told in health
	tellFault   error
}

var (
	_ host.Server     = (*daemon)(nil)
	_ host.Readier    = (*daemon)(nil)
	_ host.Checker    = (*daemon)(nil)
	_ host.Drainer    = (*daemon)(nil)
	_ host.Subscriber = (*daemon)(nil)
)

func newDaemon(config Config, rt host.Runtime) *daemon {
	return &daemon{config: config, rt: rt, doubts: map[data.Sum]bool{}, doubted: make(chan struct{}, 1)}
}

// Serve implements host.Server: it lends files until ctx is done.
func (d *daemon) Serve(ctx context.Context) error {
	if d.rt.Files == nil {
		return host.Never(errors.New("this process has no data folder to serve: run DATA_SERVER in a worker"))
	}
	server, client, err := d.open()
	if err != nil {
		return err
	}
	defer client.Close()
	listener, err := net.Listen("tcp", d.config.Listen)
	if err != nil {
		return fmt.Errorf("DATA_ADDR: %w", err)
	}
	address := listener.Addr().String()
	advertised := cmp.Or(d.config.Advertise, address)
	d.config.Addresses.Set(nodes.AddressData, advertised)
	defer d.config.Addresses.Withdraw(nodes.AddressData, advertised)
	d.listens(client, address)
	d.rt.Logger.Info("data server listens", "address", address)
	group, working := errgroup.WithContext(ctx)
	group.Go(func() error { return server.Serve(working, listener) })
	group.Go(func() error { d.keepScanning(working); return nil })
	group.Go(func() error { d.keepScrubbing(working); return nil })
	group.Go(func() error { d.keepAnswering(working); return nil })
	return group.Wait()
}

func (d *daemon) open() (*transfer.Server, *transfer.Client, error) {
	token, err := peers.Token(d.config.Token, d.rt.ClusterDir)
	if err != nil {
		return nil, nil, err
	}
	tokens := []string{token}
	if d.config.OldToken != "" {
		tokens = append(tokens, d.config.OldToken)
	}
	server, err := transfer.NewServer(d.rt.Files, transfer.ServerConfig{
		Tokens: tokens, BytesPerSecond: d.config.BytesPerSecond, Logger: d.rt.Logger,
	})
	if err != nil {
		return nil, nil, host.Never(fmt.Errorf("DATA_SERVER: %w", err))
	}
	client, err := transfer.NewClient(transfer.ClientConfig{Token: token, Parallel: 1, Logger: d.rt.Logger})
	if err != nil {
		return nil, nil, host.Never(fmt.Errorf("DATA_SERVER: %w", err))
	}
	return server, client, nil
}

// listens tells the health check where the server is.
func (d *daemon) listens(client *transfer.Client, address string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.self, d.source = client, peers.SourceOf(d.rt.Node, address)
}

// Drain implements host.Drainer: the other nodes may be fetching what an ephemeral one must not take along.
func (d *daemon) Drain(ctx context.Context) ([]byte, error) {
	if !slices.Contains(d.config.Labels, peers.LabelEphemeral) {
		return nil, nil
	}
	<-ctx.Done() // AUTO_SYNC ends its own drain as soon as all is safe; the server is there until then
	return nil, nil
}
