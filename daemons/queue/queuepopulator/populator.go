package queuepopulator

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/queuelevel"
	"github.com/ringrift/orchestrator/internal/selfplay"
)

// supersedeCalls bounds how often one round asks the ledger to cancel jobs of older plans, a thousand each time.
const supersedeCalls = 10

type populator struct {
	config Config
	rt     host.Runtime
	// Only Tick touches these.
	plan       *selfplay.Plan
	state      state
	superseded bool // nothing of an older plan is left
	settled    bool // all that was put into the queue is told and noted
	keeper     *queuelevel.Keeper
	brake      *brake    // nil until it is loaded
	skipTold   time.Time // when the reason began that was told
	// tournaments are those whose jobs this copy has seen in the queue, and told of; injected the jobs of injections.
	tournaments, injected map[string]bool

	mu   sync.Mutex
	last view
}

// view is what one round saw and did.
type view struct {
	plan     string // its id, empty if there is none
	at       time.Time
	queue    map[string]queued
	waiting  int64 // self-play jobs that no node has
	running  int64 // jobs that nodes have
	depth    int64 // jobs of all kinds that wait
	nodes    int64 // that take jobs
	level    string
	target   int64
	added    int
	wanted   int // to add
	done     bool
	skipped  string
	starving int // rounds in a row with an empty queue, nodes, and nothing added
}

var (
	_ host.Ticker     = (*populator)(nil)
	_ host.Subscriber = (*populator)(nil)
	_ host.Waker      = (*populator)(nil)
	_ host.Checker    = (*populator)(nil)
)

func newPopulator(config Config, rt host.Runtime) *populator {
	return &populator{config: config, rt: rt, keeper: queuelevel.New(rt.Bus, levelNormal), injected: map[string]bool{}}
}

// Interval implements host.Ticker.
func (p *populator) Interval() time.Duration { return p.config.Interval }

// Subscriptions implements host.Subscriber.
func (p *populator) Subscriptions() []bus.Name {
	return []bus.Name{"WORK_COMPLETED", "WORK_FAILED", "SELFPLAY_ALLOCATION_UPDATED", "IDLE_NODE_WORK_INJECTED", "PIPELINE_STAGE_CHANGED"}
}

// WokenBy implements host.Waker: the ledger has what these tell of.
func (p *populator) WokenBy() []bus.Name {
	return []bus.Name{"WORK_COMPLETED", "WORK_FAILED", "PIPELINE_STAGE_CHANGED"}
}

// Handle implements host.Subscriber: the event is a hint, and the round that follows it counts for itself.
func (p *populator) Handle(context.Context, bus.Event) error { return nil }

// Ready implements host.Readier.
func (p *populator) Ready(context.Context) error {
	if p.rt.Ledger == nil {
		return host.Never(errors.New("this process has no ledger"))
	}
	return nil
}

// Tick implements host.Ticker.
func (p *populator) Tick(ctx context.Context) error {
	session, err := p.rt.Ledger(ctx)
	if err != nil {
		return err
	}
	seen := view{at: p.rt.Now()}
	if err := p.work(ctx, session, &seen); err != nil {
		if ledger.IsUnavailable(err) {
			return host.Dependency(err)
		}
		return err
	}
	p.keep(seen)
	return nil
}

// work queues tournaments, takes the self-play plan that holds now, and does one round by it.
func (p *populator) work(ctx context.Context, session *ledger.Session, seen *view) (err error) {
	if err := p.queueTournaments(ctx, session); err != nil {
		return err
	}
	if p.plan, err = selfplay.Latest(ctx, session.Ledger()); err != nil || p.plan == nil {
		return err // without a plan nothing is wanted, so nothing is to be queued
	}
	seen.plan = p.plan.ID
	if err := p.load(ctx); err != nil {
		return err
	}
	if err := p.catchUp(ctx, session.Ledger()); err != nil {
		return err
	}
	return p.round(ctx, session, seen)
}

func (p *populator) round(ctx context.Context, session *ledger.Session, seen *view) error {
	if err := p.supersede(ctx, session); err != nil {
		return err
	}
	if err := p.look(ctx, session.Ledger(), seen); err != nil {
		return err
	}
	var err error
	if seen.level, err = p.pressure(ctx, session, seen.depth); err != nil {
		return err
	}
	seen.target = p.config.target(seen.level, seen.nodes)
	if seen.skipped, err = p.check(ctx, session.Ledger(), seen.running); err != nil {
		return err
	}
	if seen.skipped != "" {
		seen.target = min(seen.target, max(1, seen.nodes)) // enough to see when it works again
	}
	if err := p.inject(ctx, session, seen); err != nil {
		return err
	}
	games, done := satisfied(p.plan, seen.queue)
	if seen.done = done; done {
		return p.tellExhausted(ctx, games)
	}
	chosen := fill(p.plan, seen.queue, min(p.config.Batch, seen.target-seen.waiting))
	if seen.wanted = len(chosen); seen.wanted == 0 {
		return nil
	}
	seen.added, err = p.submit(ctx, session, chosen)
	return err
}

// tellExhausted tells once that the plan is worked off.
func (p *populator) tellExhausted(ctx context.Context, games int64) error {
	if p.state.Exhausted {
		return nil
	}
	if err := p.rt.Bus.Publish(ctx, bus.WorkQueueExhausted{PlanID: p.plan.ID, Games: games}); err != nil {
		return err
	}
	p.state.Exhausted = true
	return p.save(ctx)
}

// look counts what there is.
func (p *populator) look(ctx context.Context, l *ledger.Ledger, seen *view) error {
	counts, err := l.JobCounts(ctx)
	if err != nil {
		return err
	}
	nodes, err := l.Nodes(ctx)
	if err != nil {
		return err
	}
	seen.queue = map[string]queued{}
	for _, count := range counts {
		seen.count(count)
	}
	for _, config := range p.plan.Configs {
		uncut, err := l.Uncut(ctx, config.Key)
		if err != nil {
			return err
		}
		one := seen.queue[config.Key]
		one.games = uncut.Games
		seen.queue[config.Key] = one
	}
	for _, node := range nodes {
		if node.Desired == ledger.NodeActive && (node.Health == ledger.NodeHealthy || node.Health == ledger.NodeSuspect) {
			seen.nodes++
		}
	}
	return nil
}

func (v *view) count(count ledger.JobCount) {
	idle := count.Status == ledger.Pending || count.Status == ledger.Waiting
	if idle {
		v.depth += count.Jobs
	} else {
		v.running += count.Jobs
	}
	if count.Kind != jobs.KindSelfplay {
		return
	}
	one := v.queue[count.ConfigKey]
	one.jobs += count.Jobs
	if idle {
		one.waiting += count.Jobs
		v.waiting += count.Jobs
	}
	v.queue[count.ConfigKey] = one
}

// supersede cancels what older plans have left in the queue, those of configurations that are not in this plan too.
func (p *populator) supersede(ctx context.Context, session *ledger.Session) error {
	if p.superseded {
		return nil
	}
	counts, err := session.Ledger().JobCounts(ctx)
	if err != nil {
		return err
	}
	done := map[string]bool{}
	for _, count := range counts {
		if count.Kind != jobs.KindSelfplay || count.ConfigKey == "" || done[count.ConfigKey] {
			continue
		}
		done[count.ConfigKey] = true
		for range supersedeCalls {
			cancelled, err := session.SupersedeJobs(ctx, count.Kind, count.ConfigKey, p.plan.ID)
			if err != nil {
				return err
			}
			if cancelled == 0 {
				break
			}
		}
	}
	p.superseded = true
	return nil
}
