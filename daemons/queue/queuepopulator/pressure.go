package queuepopulator

import (
	"context"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// The levels of the queue. They are stored: never change one.
const (
	levelNormal = "normal"
	levelSoft   = "soft"
	levelHard   = "hard"

	queueName = "population"
)

// level is how full the queue is, after what it was before.
func (c Config) level(depth int64, before string) string {
	switch {
	case depth >= c.Hard, before == levelHard && depth >= c.Soft:
		return levelHard
	case depth >= c.Soft, before != levelNormal && before != "" && depth > c.Recover:
		return levelSoft
	}
	return levelNormal
}

// target is how many self-play jobs are to wait at a level.
func (c Config) target(level string, nodes int64) int64 {
	switch level {
	case levelHard:
		return 0
	case levelSoft:
		return min(c.Trickle, c.Depth)
	}
	return max(c.Depth, 2*nodes)
}

// pressure brings the level of the queue up to date, and tells of a change.
func (p *populator) pressure(ctx context.Context, session *ledger.Session, depth int64) (level string, err error) {
	history, err := session.Ledger().LevelHistory(ctx, queueName, ledger.Page{Limit: 1})
	if err != nil {
		return "", err
	}
	before := ledger.QueueLevel{Queue: queueName}
	if len(history.Items) > 0 {
		before = history.Items[0]
	}
	level = p.config.level(depth, before.Level)
	return level, p.keeper.Bring(ctx, session, before, level, depth, p.config.pressureEvent)
}

func (c Config) pressureEvent(change bus.LevelChange) bus.Payload {
	if change.New == levelNormal {
		return bus.WorkQueueBackpressureReleased{LevelChange: change}
	}
	return bus.WorkQueueBackpressure{
		LevelChange:     change,
		ReductionFactor: float64(c.target(change.New, 0)) / float64(c.Depth),
		Utilization:     float64(change.Depth) / float64(c.Hard),
	}
}
