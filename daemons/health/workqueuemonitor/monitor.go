package workqueuemonitor

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/queuelevel"
)

// measured is how many of the last jobs tell how long jobs take.
const measured = 100

type monitor struct {
	config Config
	rt     host.Runtime
	// Only Tick touches these.
	resting time.Time // no look before
	keeper  *queuelevel.Keeper
	stuck   map[ledger.Lease]bool // told

	mu   sync.Mutex
	last view
}

// view is what one look saw.
type view struct {
	at       time.Time
	counts   map[ledger.Status]int64
	waits    ledger.Waits
	findings []string
}

var (
	_ host.Ticker     = (*monitor)(nil)
	_ host.Subscriber = (*monitor)(nil)
	_ host.Checker    = (*monitor)(nil)
)

func newMonitor(config Config, rt host.Runtime) *monitor {
	return &monitor{config: config, rt: rt, keeper: queuelevel.New(rt.Bus, levelNormal), stuck: map[ledger.Lease]bool{}}
}

// Interval implements host.Ticker.
func (m *monitor) Interval() time.Duration { return m.config.Interval }

// Subscriptions implements host.Subscriber.
func (m *monitor) Subscriptions() []bus.Name {
	return []bus.Name{"WORK_QUEUED", "WORK_CLAIMED", "WORK_STARTED", "WORK_COMPLETED", "WORK_FAILED", "WORK_RETRY", "WORK_CANCELLED"}
}

// Handle implements host.Subscriber: the event is a hint, and the look that follows it asks the ledger.
func (m *monitor) Handle(context.Context, bus.Event) error { return nil }

// Tick implements host.Ticker.
func (m *monitor) Tick(ctx context.Context) error {
	if m.rt.Ledger == nil {
		return host.Never(errors.New("this process has no ledger"))
	}
	now := m.rt.Now()
	if wait := m.resting.Sub(now); wait > 0 {
		return host.Later(wait)
	}
	session, err := m.rt.Ledger(ctx)
	if err != nil {
		return err
	}
	seen := view{at: now, counts: map[ledger.Status]int64{}}
	if err := m.look(ctx, session, &seen); err != nil {
		return waitForLedger(err)
	}
	m.resting = now.Add(m.config.Rest)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = seen
	return nil
}

func (m *monitor) look(ctx context.Context, session *ledger.Session, seen *view) error {
	l := session.Ledger()
	counts, err := l.JobCounts(ctx)
	if err != nil {
		return err
	}
	for _, count := range counts {
		seen.counts[count.Status] += count.Jobs
	}
	if seen.waits, err = l.JobWaits(ctx, measured); err != nil {
		return err
	}
	levels, err := m.levels(ctx, l)
	if err != nil {
		return err
	}
	if err := m.pressure(ctx, session, levels, seen); err != nil {
		return err
	}
	if err := m.overload(ctx, session, levels, seen); err != nil {
		return err
	}
	return m.findStuck(ctx, l, seen)
}

// findStuck tells of jobs that nodes have and do not begin, once for each claim. Their scheduler takes them back.
func (m *monitor) findStuck(ctx context.Context, l *ledger.Ledger, seen *view) error {
	jobs, err := l.StuckJobs(ctx, m.config.StuckAfter)
	if err != nil {
		return err
	}
	held := make(map[ledger.Lease]bool, len(jobs))
	for _, job := range jobs {
		held[job.Lease()] = true
		seen.find("job %s is with node %s since %s and has not begun", job.ID, job.Node, job.ClaimedAt.Format(time.RFC3339))
		at := job.ClaimedAt.Add(m.config.StuckAfter)
		if m.stuck[job.Lease()] || m.rt.Bus.Client().MayRepeat(at) {
			continue
		}
		if err := m.rt.Bus.Publish(ctx, bus.StuckJobDetected{
			Work: bus.Work{
				Config: bus.ConfigOf(job.ConfigKey), JobID: job.ID, Kind: job.Kind, Priority: job.Priority,
				NodeID: job.Node, Attempt: job.Attempt, Token: job.Token,
			},
			ClaimedBy: job.Node, StuckDurationSeconds: m.config.StuckAfter.Seconds(), ThresholdSeconds: m.config.StuckAfter.Seconds(), At: at,
		}); err != nil {
			return err
		}
	}
	m.stuck = held
	return nil
}

// waitForLedger makes an absent ledger something to wait for.
func waitForLedger(err error) error {
	if ledger.IsUnavailable(err) {
		return host.Dependency(err)
	}
	return err
}
