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
	before := ledger.QueueLevel{Level: levelNormal}
	if len(history.Items) > 0 {
		before = history.Items[0]
	}
	level = p.config.level(depth, before.Level)
	if level != before.Level {
		if _, _, err := session.SetLevel(ctx, queueName, level, depth); err != nil {
			return "", err
		}
	}
	return level, p.tellLevel(ctx, session.Ledger())
}

// tellLevel publishes the last change if this process has not told it: a crash after the change does not hide it.
func (p *populator) tellLevel(ctx context.Context, l *ledger.Ledger) error {
	history, err := l.LevelHistory(ctx, queueName, ledger.Page{Limit: 2})
	if err != nil || len(history.Items) == 0 {
		return err
	}
	now, old := history.Items[0], levelNormal
	if len(history.Items) == 2 {
		old = history.Items[1].Level
	}
	if p.told >= now.Sequence {
		return nil
	}
	// What is older than the log's memory was told when it happened.
	if !p.rt.Bus.Client().MayRepeat(now.ChangedAt) {
		change := bus.LevelChange{Queue: now.Queue, Sequence: now.Sequence, Old: old, New: now.Level, Depth: now.Depth, At: now.ChangedAt}
		if err := p.rt.Bus.Publish(ctx, p.config.pressureEvent(change)); err != nil {
			return err
		}
	}
	p.told = now.Sequence
	return nil
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
