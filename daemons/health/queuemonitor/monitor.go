package queuemonitor

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/queuelevel"
)

const (
	// pruneEvery is the pause between two clearings of the history; pruneCalls bounds one.
	pruneEvery = time.Hour
	pruneCalls = 20
	// The trend compares the depth with the mean between these two ages.
	trendFrom, trendUntil = 5 * time.Minute, 10 * time.Minute
	// trendMargin is how far a depth may be off for the trend to be steady.
	trendMargin = 0.1
)

type monitor struct {
	config Config
	rt     host.Runtime
	// Only Tick touches these.
	keeper   *queuelevel.Keeper
	prunedAt time.Time

	mu   sync.Mutex
	last view
}

// view is what one round saw.
type view struct {
	at     time.Time
	queues []state
}

type state struct {
	Queue   string  `json:"queue"`
	Depth   float64 `json:"depth"`
	Unknown bool    `json:"unknown,omitempty"` // nobody says how deep it is
	Level   string  `json:"level"`
	Factor  float64 `json:"factor"`
	Trend   string  `json:"trend"` // rising, falling, steady or unknown
}

var (
	_ host.Ticker  = (*monitor)(nil)
	_ host.Checker = (*monitor)(nil)
)

func newMonitor(config Config, rt host.Runtime) *monitor {
	return &monitor{config: config, rt: rt, keeper: queuelevel.New(rt.Bus, queuelevel.None.String())}
}

// Interval implements host.Ticker.
func (m *monitor) Interval() time.Duration { return m.config.Interval }

// Tick implements host.Ticker.
func (m *monitor) Tick(ctx context.Context) error {
	if m.rt.Ledger == nil {
		return host.Never(errors.New("this process has no ledger"))
	}
	session, err := m.rt.Ledger(ctx)
	if err != nil {
		return err
	}
	seen := view{at: m.rt.Now()}
	err = m.measure(ctx, session, &seen)
	if err == nil {
		err = m.prune(ctx, session)
	}
	if ledger.IsUnavailable(err) {
		return host.Dependency(err)
	}
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = seen
	return nil
}

func (m *monitor) measure(ctx context.Context, session *ledger.Session, seen *view) error {
	counts, err := session.Ledger().JobCounts(ctx)
	if err != nil {
		return err
	}
	levels, err := session.Ledger().Levels(ctx)
	if err != nil {
		return err
	}
	for _, queue := range m.config.Queues {
		depth, known, err := m.depth(ctx, session, queue, counts)
		if err != nil {
			return err
		}
		before := levelOf(levels, queue.Name)
		level, now := before.Level, state{Queue: queue.Name, Depth: depth, Unknown: !known, Trend: "unknown"}
		if known {
			level = queue.level(depth, queuelevel.Parse(before.Level)).String()
			if now.Trend, err = m.trend(ctx, session.Ledger(), queue, depth); err != nil {
				return err
			}
		}
		if err := m.keeper.Bring(ctx, session, before, level, int64(math.Round(depth)), changed); err != nil {
			return err
		}
		now.Level = queuelevel.Parse(level).String()
		now.Factor = queuelevel.Parse(now.Level).Factor()
		seen.queues = append(seen.queues, now)
	}
	return nil
}

// depth counts the jobs that wait, or takes the mean of what others have recorded since the round before.
func (m *monitor) depth(ctx context.Context, session *ledger.Session, queue Queue, counts []ledger.JobCount) (depth float64, known bool, err error) {
	if len(queue.Kinds) == 0 {
		return session.Ledger().MeanDepth(ctx, queue.Name, 0, 2*m.config.Interval)
	}
	var jobs int64
	for _, count := range counts {
		if slices.Contains(queue.Kinds, count.Kind) && count.Status == ledger.Pending {
			jobs += count.Jobs
		}
	}
	return float64(jobs), true, session.RecordDepth(ctx, queue.Name, "", jobs)
}

func changed(change bus.LevelChange) bus.Payload {
	return bus.QueueLevelChanged{LevelChange: change, Factor: queuelevel.Parse(change.New).Factor()}
}

func (m *monitor) trend(ctx context.Context, l *ledger.Ledger, queue Queue, depth float64) (string, error) {
	mean, known, err := l.MeanDepth(ctx, queue.Name, trendFrom, trendUntil)
	switch {
	case err != nil || !known:
		return "unknown", err
	case depth > mean*(1+trendMargin):
		return "rising", nil
	case depth < mean*(1-trendMargin):
		return "falling", nil
	}
	return "steady", nil
}

// prune forgets what is older than it is kept for, a bounded part at a time.
func (m *monitor) prune(ctx context.Context, session *ledger.Session) error {
	now := m.rt.Now()
	if now.Sub(m.prunedAt) < pruneEvery {
		return nil
	}
	for _, prune := range []func(context.Context, time.Duration) (int, error){session.PruneDepths, session.PruneLevels} {
		for range pruneCalls {
			pruned, err := prune(ctx, m.config.Keep)
			if err != nil {
				return err
			}
			if pruned == 0 {
				break
			}
		}
	}
	m.prunedAt = now
	return nil
}

func levelOf(levels []ledger.QueueLevel, queue string) ledger.QueueLevel {
	for _, level := range levels {
		if level.Queue == queue {
			return level
		}
	}
	return ledger.QueueLevel{Queue: queue}
}
