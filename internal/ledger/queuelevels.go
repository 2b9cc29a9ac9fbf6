package ledger

import (
	"context"
	"fmt"
	"time"
)

// QueueLevel is the throttle level of a queue since a time.
type QueueLevel struct {
	Queue     string    `json:"queue"`
	Sequence  int64     `json:"sequence"`
	Level     string    `json:"level"`
	Depth     int64     `json:"depth"` // at the change
	ChangedAt time.Time `json:"changed_at"`
}

const levelColumns = `queue, sequence, level, depth, changed_at`

// SetLevel records the throttle level of a queue. The same level again changes nothing; before is the level it
// had, empty if none, and changed tells whether it is another one now.
func (s *Session) SetLevel(ctx context.Context, queue, level string, depth int64) (before string, changed bool, err error) {
	act := "set level of " + queue
	if err := firstError(text("queue", queue), text("level", level), between("depth", depth, 0, 1<<50)); err != nil {
		return "", false, fmt.Errorf("%s: %w", act, err)
	}
	err = s.write(ctx, act, func(t *tx) error {
		last, _, err := first(t.access, scanLevel, "SELECT "+levelColumns+" FROM queue_levels WHERE queue = ? ORDER BY sequence DESC LIMIT 1", queue)
		before, changed = last.Level, last.Level != level
		if err != nil || !changed {
			return err
		}
		_, err = t.exec("INSERT INTO queue_levels ("+levelColumns+") VALUES (?, ?, ?, ?, ?)", queue, last.Sequence+1, level, depth, micros(t.now))
		return err
	})
	return before, changed, err
}

// PruneLevels forgets changes older than a time but for the newest of each queue, 1000 a call; it says how many.
func (s *Session) PruneLevels(ctx context.Context, olderThan time.Duration) (pruned int, err error) {
	err = s.write(ctx, "prune levels", func(t *tx) (err error) {
		pruned, err = t.exec(`DELETE FROM queue_levels WHERE (queue, sequence) IN (SELECT queue, sequence FROM queue_levels old
			WHERE changed_at < ? AND sequence < (SELECT MAX(sequence) FROM queue_levels newer WHERE newer.queue = old.queue) LIMIT ?)`,
			micros(t.now.Add(-olderThan)), maxLimit)
		return err
	})
	return pruned, err
}

// Levels returns the level of each queue, by queue.
func (l *Ledger) Levels(ctx context.Context) ([]QueueLevel, error) {
	return readAll(ctx, l, "list levels", scanLevel, "SELECT "+levelColumns+` FROM queue_levels newest
		WHERE sequence = (SELECT MAX(sequence) FROM queue_levels q WHERE q.queue = newest.queue) ORDER BY queue LIMIT ?`, maxLimit)
}

// LevelHistory lists the changes of a queue's level, newest first.
func (l *Ledger) LevelHistory(ctx context.Context, queue string, page Page) (List[QueueLevel], error) {
	var w where
	w.add("queue = ?", queue)
	return listing[QueueLevel]{
		act: "list levels of " + queue, query: "SELECT " + levelColumns + " FROM queue_levels", scan: scanLevel,
		order: order{keys: []string{"sequence"}, newest: true},
		key:   func(q QueueLevel) []any { return []any{q.Sequence} },
	}.part(ctx, l, w, page)
}

func scanLevel(r row) (q QueueLevel, err error) {
	return q, r.Scan(&q.Queue, &q.Sequence, &q.Level, &q.Depth, at(&q.ChangedAt))
}
