package modeldistribution

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/peers"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
)

type daemon struct {
	config      Config
	rt          host.Runtime
	client      *transfer.Client
	inventories *peers.Inventories

	catalogued map[string]time.Time               // when a node's inventory was last reported to the ledger
	items      map[string]bool                    // hashes that the ledger is known to have
	underWay   map[delivery]*attempt              // begun by this copy
	views      map[string]map[data.Sum]data.Place // what the nodes held when they were last read
	watched    int                                // files in the last round, a second copy of which is to be had soon

	mu    sync.Mutex          // events and health are handled beside a round
	told  map[delivery]string // failures that targets told since the last round
	state figures
}

// delivery names a file on its way to a node.
type delivery struct{ sha256, node string }

// attempt is one that this copy has begun.
type attempt struct {
	ledger.Transfer
	until time.Time
}

// round is one call of Tick.
type round struct {
	*daemon
	*ledger.Session
	now     time.Time              // of the ledger
	members map[string]ledger.Node // that should have files
	alive   map[string]bool
	read    map[string]bool // nodes whose inventory was read in this round
	wanted  map[string]*want
	work    figures
}

var (
	_ host.Ticker     = (*daemon)(nil)
	_ host.Checker    = (*daemon)(nil)
	_ host.Subscriber = (*daemon)(nil)
)

func newDaemon(config Config, rt host.Runtime) *daemon {
	return &daemon{
		config: config, rt: rt, catalogued: map[string]time.Time{}, items: map[string]bool{}, underWay: map[delivery]*attempt{},
		told: map[delivery]string{}, views: map[string]map[data.Sum]data.Place{},
	}
}

// Interval implements host.Ticker.
func (d *daemon) Interval() time.Duration { return d.config.Interval }

// Tick implements host.Ticker.
func (d *daemon) Tick(ctx context.Context) error {
	err := d.tick(ctx)
	d.mu.Lock()
	d.state.fault, d.state.endedAt = err, d.rt.Now()
	d.mu.Unlock()
	if ledger.IsUnavailable(err) {
		return host.Dependency(err)
	}
	switch {
	case err == nil && len(d.underWay) > 0:
		return host.Later(d.config.Pace)
	case err == nil && d.watched > 0:
		return host.Later(d.config.Watch)
	}
	return err
}

func (d *daemon) tick(ctx context.Context) error {
	if d.rt.Ledger == nil {
		return host.Dependency(errors.New("this process has no ledger: run MODEL_DISTRIBUTION in a worker"))
	}
	if err := d.open(); err != nil {
		return err
	}
	session, err := d.rt.Ledger(ctx)
	if err != nil {
		return err
	}
	if err := session.Claim(ctx); err != nil {
		return err
	}
	r := &round{
		daemon: d, Session: session, members: map[string]ledger.Node{}, alive: map[string]bool{}, read: map[string]bool{},
		wanted: map[string]*want{},
	}
	if err := r.all(ctx); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state = r.work
	return nil
}

// open makes the client at the first round: New touches nothing.
func (d *daemon) open() error {
	if d.client != nil {
		return nil
	}
	token, err := peers.Token(d.config.Token, d.rt.ClusterDir)
	if err != nil {
		return err
	}
	if d.client, err = transfer.NewClient(transfer.ClientConfig{Token: token, StallTimeout: 10 * time.Second, Logger: d.rt.Logger}); err != nil {
		return host.Never(fmt.Errorf("MODEL_DISTRIBUTION: %w", err))
	}
	d.inventories = peers.NewInventories(d.client)
	return nil
}

func (r *round) all(ctx context.Context) error {
	for _, step := range []func(context.Context) error{r.look, r.catalog, r.spread, r.decide, r.settle, r.begin, r.announce} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// look finds out which nodes there are.
func (r *round) look(ctx context.Context) (err error) {
	if r.now, err = r.Ledger().Now(ctx); err != nil {
		return err
	}
	all, err := r.Ledger().Nodes(ctx)
	if err != nil {
		return err
	}
	for _, node := range all {
		if node.Desired == ledger.NodeRemoved {
			continue
		}
		r.members[node.ID] = node
		r.alive[node.ID] = r.now.Sub(node.LastSeen) <= r.config.Alive && node.Addresses[nodes.AddressData] != ""
	}
	r.work.members = len(r.members)
	for known := range r.views {
		if _, member := r.members[known]; !member {
			delete(r.views, known)
		}
	}
	return nil
}

// living are the nodes that can be asked now, by name.
func (r *round) living() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(r.members)), func(node string) bool { return !r.alive[node] })
}
