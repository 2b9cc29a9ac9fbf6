package autosync

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/games"
	"github.com/ringrift/orchestrator/internal/data/peers"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/nodes"
)

const (
	// cutFile records which games of live stores are in segments.
	cutFile = "cut.db"
	// scanBytes are hashed by a round at most; the data server hashes the rest.
	scanBytes = 1 << 30
)

type daemon struct {
	config   Config
	strategy strategy
	rt       host.Runtime
	board    nodes.Board
	measurer *nodes.Measurer
	folder   string // of the journal and of files under way

	turn        sync.Mutex // rounds and drain take turns; events only write to the journal
	client      *transfer.Client
	inventories *peers.Inventories
	breakers    map[string]*breaker // by node
	quiet       map[string]time.Time
	state       tally
}

// round is one call of Tick.
type round struct {
	*daemon
	*journal
	cutter *games.Cutter
	began  time.Time
	views  []view
	merged map[string]map[data.Sum]int64 // by config, filled as needed
	work   counts
}

var (
	_ host.Ticker     = (*daemon)(nil)
	_ host.Readier    = (*daemon)(nil)
	_ host.Checker    = (*daemon)(nil)
	_ host.Subscriber = (*daemon)(nil)
	_ host.Drainer    = (*daemon)(nil)
)

func newDaemon(config Config, chosen strategy, rt host.Runtime) *daemon {
	return &daemon{
		config: config, strategy: chosen, rt: rt, board: nodes.NewBoard(rt.Bus), measurer: nodes.NewMeasurer(rt.DataDir, rt.Now),
		folder: filepath.Join(rt.DataDir, "sync"), breakers: map[string]*breaker{}, quiet: map[string]time.Time{},
	}
}

// Interval implements host.Ticker.
func (d *daemon) Interval() time.Duration { return d.config.Interval }

// Ready implements host.Readier: the token is there, and the journal can be written.
func (d *daemon) Ready(ctx context.Context) error {
	if d.rt.Files == nil {
		return host.Never(errors.New("this process has no data folder: run AUTO_SYNC in a worker"))
	}
	d.turn.Lock()
	defer d.turn.Unlock()
	token, err := peers.Token(d.config.Token, d.rt.ClusterDir)
	if err != nil {
		return err
	}
	d.client, err = transfer.NewClient(transfer.ClientConfig{
		Token: token, BytesPerSecond: max(d.config.BytesPerSecond, 0), Patience: d.config.Patience,
		StallTimeout: d.config.Patience / 2, Logger: d.rt.Logger,
	})
	if err != nil {
		return host.Never(err)
	}
	d.inventories = peers.NewInventories(d.client)
	return d.prepare(ctx)
}

// prepare makes sure that what a round needs can be written.
func (d *daemon) prepare(ctx context.Context) error {
	opened, err := openJournal(ctx, d.folder)
	if err != nil {
		return err
	}
	cutter, err := games.OpenCutter(ctx, filepath.Join(d.folder, cutFile))
	if err != nil {
		return errors.Join(err, opened.close())
	}
	return errors.Join(opened.close(), cutter.Close())
}

// Tick is one round. The work on this disk is done also while nobody else can be reached.
func (d *daemon) Tick(ctx context.Context) error {
	d.turn.Lock()
	defer d.turn.Unlock()
	if early := d.config.MinimumPause - d.rt.Now().Sub(d.state.beganAt()); early > 0 {
		return host.Later(early)
	}
	more, err := d.round(ctx, (*round).all)
	if err == nil && more {
		return host.Later(d.config.MinimumPause)
	}
	return err
}

// round opens what a round needs, and records how it ended.
func (d *daemon) round(ctx context.Context, act func(*round, context.Context) (bool, error)) (more bool, err error) {
	r := &round{daemon: d, began: d.rt.Now(), merged: map[string]map[data.Sum]int64{}}
	d.state.begin(r.began)
	defer func() { d.state.end(d.rt.Now(), r.work, err) }()
	if r.journal, err = openJournal(ctx, d.folder); err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, r.journal.close()) }()
	if r.cutter, err = games.OpenCutter(ctx, filepath.Join(d.folder, cutFile)); err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, r.cutter.Close()) }()
	return act(r, ctx)
}

func (r *round) all(ctx context.Context) (more bool, err error) {
	if err := r.scan(ctx); err != nil {
		return false, err
	}
	if r.work.pressure = r.pressure(ctx); r.work.pressure == "" {
		if err := r.cutStores(ctx); err != nil {
			return false, err
		}
	}
	unreachable := r.look(ctx) // the rest is done with what is known
	if err := r.compare(ctx); err != nil {
		return false, err
	}
	if r.work.pressure == "" {
		fetching, err := r.fetchDue(ctx)
		if err != nil {
			return false, err
		}
		withdrawing, err := r.withdrawAll(ctx)
		if err != nil {
			return false, err
		}
		merging, err := r.mergeAll(ctx)
		if err != nil {
			return false, err
		}
		more = fetching || withdrawing || merging
	}
	return more, errors.Join(unreachable, r.offer(ctx, false), r.tell(ctx, r.rt.Bus.PublishEvent))
}

// scan makes sure that files of the last moment are known: an event may tell of them.
func (r *round) scan(ctx context.Context) error {
	_, err := r.rt.Files.Scan(ctx, data.ScanLimits{HashBytes: scanBytes})
	return err
}

// event puts a payload into its envelope, to be told once its fact is durable.
func (r *round) event(payload bus.Payload) (bus.Event, error) { return r.rt.Bus.Event(payload) }

// overtime says, once it was long enough, that what begins now is left to the next round. What came before it in this
// round does not count, or a slow peer could keep this node from ever fetching.
func (r *round) overtime() func() bool {
	end := r.rt.Now().Add(r.config.RoundLimit)
	return func() bool { return r.rt.Now().After(end) }
}
