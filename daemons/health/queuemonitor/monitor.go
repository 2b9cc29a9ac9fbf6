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
	told     map[string]int64
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
	return &monitor{config: config, rt: rt, told: map[string]int64{}}
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
		now := state{Queue: queue.Name, Depth: depth, Unknown: !known, Level: parseLevel(before.Level).String(), Trend: "unknown"}
		if known {
			level, err := m.change(ctx, session, queue, before, depth)
			if err != nil {
				return err
			}
			before, now.Level = level, level.Level
			if now.Trend, err = m.trend(ctx, session.Ledger(), queue, depth); err != nil {
				return err
			}
		}
		if err := m.tell(ctx, session.Ledger(), before); err != nil {
			return err
		}
		now.Factor = parseLevel(now.Level).Factor()
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

// change stores the level of a queue if it is another one, and returns what is stored.
func (m *monitor) change(ctx context.Context, session *ledger.Session, queue Queue, before ledger.QueueLevel, depth float64) (ledger.QueueLevel, error) {
	level := queue.level(depth, parseLevel(before.Level)).String()
	if level == before.Level {
		return before, nil
	}
	if _, _, err := session.SetLevel(ctx, queue.Name, level, int64(math.Round(depth))); err != nil {
		return before, err
	}
	newest, err := session.Ledger().LevelHistory(ctx, queue.Name, ledger.Page{Limit: 1})
	if err != nil || len(newest.Items) == 0 {
		return before, err
	}
	return newest.Items[0], nil
}

// tell publishes a change that this process has not told yet. A queue that begins without pressure is no change.
func (m *monitor) tell(ctx context.Context, l *ledger.Ledger, level ledger.QueueLevel) error {
	first := level.Sequence <= 1 && parseLevel(level.Level) == None
	if first || m.told[level.Queue] >= level.Sequence {
		return nil
	}
	// What is older than the log's memory was told when it happened.
	if !m.rt.Bus.Client().MayRepeat(level.ChangedAt) {
		last, err := l.LevelHistory(ctx, level.Queue, ledger.Page{Limit: 2})
		if err != nil {
			return err
		}
		old := None.String()
		if len(last.Items) == 2 {
			old = last.Items[1].Level
		}
		if err := m.rt.Bus.Publish(ctx, bus.QueueLevelChanged{
			LevelChange: bus.LevelChange{
				Queue: level.Queue, Sequence: level.Sequence, Old: old, New: level.Level, Depth: level.Depth, At: level.ChangedAt,
			},
			Factor: parseLevel(level.Level).Factor(),
		}); err != nil {
			return err
		}
	}
	m.told[level.Queue] = level.Sequence
	return nil
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
