package ledger

import (
	"context"
	"fmt"
	"time"
)

// DepthBucket sums up the samples of a queue within one span of time.
type DepthBucket struct {
	From    time.Time `json:"from"`
	Samples int64     `json:"samples"`
	Mean    float64   `json:"mean"`
	Max     int64     `json:"max"`
}

// RecordDepth stores how deep a queue is, as seen by a node.
func (s *Session) RecordDepth(ctx context.Context, queue, node string, depth int64) error {
	act := "record depth of " + queue
	if err := firstError(text("queue", queue), short("node", node), between("depth", depth, 0, 1<<50)); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return s.write(ctx, act, func(t *tx) error {
		_, err := t.exec(`INSERT INTO queue_samples (queue, node, sampled_at, depth) VALUES (?, ?, ?, ?)
			ON CONFLICT (queue, sampled_at, node) DO UPDATE SET depth = excluded.depth`, queue, node, micros(t.now), depth)
		return err
	})
}

// PruneDepths forgets samples older than a time, 1000 a call; it says how many.
func (s *Session) PruneDepths(ctx context.Context, olderThan time.Duration) (pruned int, err error) {
	if olderThan <= 0 {
		return 0, fmt.Errorf("prune depths: older than is %s: give a positive duration: %w", olderThan, ErrInvalid)
	}
	err = s.write(ctx, "prune depths", func(t *tx) (err error) {
		pruned, err = t.exec(`DELETE FROM queue_samples WHERE (queue, sampled_at, node) IN (SELECT queue, sampled_at, node FROM queue_samples
			WHERE sampled_at < ? ORDER BY sampled_at LIMIT ?)`, micros(t.now.Add(-olderThan)), maxLimit)
		return err
	})
	return pruned, err
}

// DepthHistory returns the depths of a queue since a time in spans, oldest first; spans without samples are left
// out. At most 1000 spans.
func (l *Ledger) DepthHistory(ctx context.Context, queue string, since time.Time, span time.Duration) ([]DepthBucket, error) {
	if span < time.Second {
		return nil, fmt.Errorf("read depths of %s: span is %s: give at least 1s: %w", queue, span, ErrInvalid)
	}
	scan := func(r row) (b DepthBucket, err error) {
		return b, r.Scan(at(&b.From), &b.Samples, &b.Mean, &b.Max)
	}
	return readAll(ctx, l, "read depths of "+queue, scan, `SELECT bucket, COUNT(*), CAST(AVG(depth) AS DOUBLE PRECISION), MAX(depth)
		FROM (SELECT depth, sampled_at - sampled_at % ? AS bucket FROM queue_samples WHERE queue = ? AND sampled_at >= ?) AS spans
		GROUP BY bucket ORDER BY bucket LIMIT ?`, span.Microseconds(), queue, micros(since), maxLimit)
}

// MeanDepth averages the samples of a queue that are between two ages, such as five and ten minutes. Without
// samples known is false.
func (l *Ledger) MeanDepth(ctx context.Context, queue string, youngest, oldest time.Duration) (mean float64, known bool, err error) {
	type average struct {
		samples int64
		mean    float64
	}
	a, err := readOne(ctx, l, "average depth of "+queue, func(r row) (a average, err error) { return a, r.Scan(&a.samples, &a.mean) },
		`SELECT COUNT(*), CAST(COALESCE(AVG(depth), 0) AS DOUBLE PRECISION) FROM queue_samples
		WHERE queue = ? AND sampled_at >= {now} - ? AND sampled_at <= {now} - ?`, queue, oldest.Microseconds(), youngest.Microseconds())
	return a.mean, a.samples > 0, err
}
