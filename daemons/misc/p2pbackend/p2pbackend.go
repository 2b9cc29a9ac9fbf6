package p2pbackend

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/pause"
)

const (
	// pulse is the pause between two looks at the roster.
	pulse = 500 * time.Millisecond
	// firstPause is between two rounds until the first report is on the board.
	firstPause = time.Second
	// joinsARound bounds how many strangers on the board are called in one round.
	joinsARound = 2
)

type daemon struct {
	config   Config
	rt       host.Runtime
	board    nodes.Board
	measurer *nodes.Measurer
	roster   *roster
	opened   sync.Once
	open     chan struct{} // closed once the member listens

	mu    sync.Mutex
	last  snapshot
	state rounds
}

// snapshot is what the board said last; it stays, and grows old, while the board cannot be read.
type snapshot struct {
	at        time.Time // zero: never read
	fresh     int       // nodes with fresh reports, this one among them
	reporting map[string]bool
	addresses []string // of the members of the other nodes that report
	presences map[string]nodes.Presence
}

// rounds is how the work goes.
type rounds struct {
	attemptAt   time.Time
	reportedAt  time.Time
	failures    int // in a row
	fault       error
	joinFault   error
	aloneRounds int // in a row, while the board lists others
}

var (
	_ host.Server  = (*daemon)(nil)
	_ host.Readier = (*daemon)(nil)
	_ host.Checker = (*daemon)(nil)
)

func newDaemon(config Config, rt host.Runtime) *daemon {
	return &daemon{
		config: config, rt: rt, board: nodes.NewBoard(rt.Bus), measurer: nodes.NewMeasurer(rt.DataDir, rt.Now),
		roster: newRoster(rt.Now), open: make(chan struct{}),
	}
}

// Serve implements host.Server: it is a member until ctx is done, and then leaves.
func (d *daemon) Serve(ctx context.Context) error {
	mesh, err := openMesh(d.config, memberName(d.rt.Node, d.rt.Epoch), d.roster, d.rt.Logger)
	if err != nil {
		return err
	}
	d.opened.Do(func() { close(d.open) })
	group, working := errgroup.WithContext(ctx)
	group.Go(func() error { return d.keepReporting(working, mesh) })
	group.Go(func() error { return d.keepTelling(working) })
	err = group.Wait()
	return errors.Join(err, mesh.close())
}

// keepReporting returns nil when ctx is done, and an error when a newer copy has taken over.
func (d *daemon) keepReporting(ctx context.Context, mesh *mesh) error {
	started := d.rt.Now().UTC()
	for {
		err := d.round(ctx, mesh, started)
		if errors.Is(err, bus.ErrFenced) {
			return err
		}
		next := d.config.Interval
		if d.rounds().reportedAt.IsZero() {
			next = min(next, firstPause)
		}
		if !pause.For(ctx, time.Duration(float64(next)*(0.9+0.2*rand.Float64()))) {
			return nil
		}
	}
}

func (d *daemon) keepTelling(ctx context.Context) error {
	observer := &observer{daemon: d, since: d.rt.Now(), told: map[string]nodes.Presence{}}
	for pause.For(ctx, pulse) {
		if d.snapshot().at.IsZero() {
			continue // not before it is known who there should be
		}
		if err := observer.look(ctx); errors.Is(err, bus.ErrFenced) {
			return err
		} else if err != nil && ctx.Err() == nil {
			d.note(err)
		}
	}
	return nil
}

// round puts this node's report, reads those of the others, and joins the members it does not know.
func (d *daemon) round(ctx context.Context, mesh *mesh, started time.Time) error {
	at := d.rt.Now()
	err := errors.Join(d.board.Put(ctx, d.report(ctx, mesh, started)), d.read(ctx))
	if ctx.Err() != nil {
		return nil
	}
	joinFault := mesh.join(d.strangers())
	d.record(at, err, joinFault)
	return err
}

func (d *daemon) report(ctx context.Context, mesh *mesh, started time.Time) nodes.Report {
	addresses := d.config.Addresses.All()
	addresses[nodes.AddressMembers] = mesh.address()
	capacity := d.measurer.Measure(ctx)
	capacity.Idle = d.config.Idleness.Get(d.rt.Now())
	return nodes.Report{
		NodeID: d.rt.Node, Roles: d.config.Roles, Labels: d.config.Labels, Addresses: addresses,
		Capacity: capacity, Version: d.config.Version,
		Instance: d.rt.Epoch, StartedAt: started, Peers: d.peers(),
	}
}

// read replaces the snapshot; what cannot be read leaves the old one.
func (d *daemon) read(ctx context.Context) error {
	entries, err := d.board.List(ctx)
	if err != nil {
		return err
	}
	presences, err := d.board.Presences(ctx)
	if err != nil {
		return err
	}
	next := snapshot{at: d.rt.Now(), presences: presences, reporting: map[string]bool{}}
	for _, entry := range entries {
		if !entry.IsFresh() {
			continue
		}
		next.fresh++
		next.reporting[entry.NodeID] = true
		if address := entry.Addresses[nodes.AddressMembers]; entry.NodeID != d.rt.Node && address != "" {
			next.addresses = append(next.addresses, address)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = next
	return nil
}

// strangers are addresses to join: members on the board that gossip does not know, and the seeds of one who is alone.
func (d *daemon) strangers() []string {
	known := d.roster.addresses()
	var unknown []string
	for _, address := range d.snapshot().addresses {
		if !known[address] {
			unknown = append(unknown, address)
		}
	}
	if len(known) <= 1 {
		unknown = append(unknown, d.config.Seeds...)
	}
	rand.Shuffle(len(unknown), func(i, j int) { unknown[i], unknown[j] = unknown[j], unknown[i] })
	return unknown[:min(len(unknown), joinsARound)]
}

func (d *daemon) snapshot() snapshot {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last
}
