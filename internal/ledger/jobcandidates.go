package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// ageingTime is how long a ready job waits until it counts as one class more urgent. It never becomes critical by
// waiting: critical jobs are exempt from quotas.
const ageingTime = 4 * time.Hour

// CandidateFilter says which pending jobs could be placed now; what is empty demands nothing.
type CandidateFilter struct {
	// Kinds are those with room below their caps.
	Kinds []string
	// WithoutConfigs have used up their share. Their critical jobs are candidates all the same.
	WithoutConfigs []string
	// Nodes are those that could take a job. Jobs that are kept for another one are left out.
	Nodes []string
	// Largest is the most that any node has free, resource by resource: what needs more is left out, so that
	// big jobs that fit nowhere do not hide small ones behind them.
	Largest *Resources
	// Limit is how many at most, up to 1000; 0 means 100.
	Limit int
}

// JobCandidates returns jobs that are ready for a node, in the order they should be placed: by class with ageing (one
// class up for each four hours of waiting), then priority; among equals the configs take turns, oldest job first.
func (l *Ledger) JobCandidates(ctx context.Context, filter CandidateFilter) ([]Job, error) {
	limit, err := Page{Limit: filter.Limit}.limit()
	if err == nil {
		err = firstError(count("kinds", len(filter.Kinds), maxLimit), count("configs", len(filter.WithoutConfigs), maxLimit), count("nodes", len(filter.Nodes), maxLimit))
	}
	if err != nil {
		return nil, fmt.Errorf("list candidates: %w", err)
	}
	w := filter.where()
	query := `
		WITH aged AS (
			SELECT job_id AS id, config_key AS config, priority AS urgency, ready_at AS since, ` + agedClass + ` AS level
			FROM jobs` + w.text() + `),
		picked AS (
			SELECT id, urgency, since, level, ROW_NUMBER() OVER (PARTITION BY level, urgency, config ORDER BY since, id) AS turn
			FROM aged ORDER BY level, urgency DESC, turn, since, id LIMIT ?)
		SELECT ` + jobColumns + ` FROM picked JOIN jobs ON job_id = id
		ORDER BY level, urgency DESC, turn, since, id`
	args := slices.Concat([]any{ageingTime.Microseconds(), ageingTime.Microseconds()}, w.args, []any{limit})
	return readAll(ctx, l, "list candidates", scanJob, query, args...)
}

const agedClass = `CASE WHEN class <= 1 THEN class WHEN class - ({now} - ready_at) / ? < 1 THEN 1 ELSE class - ({now} - ready_at) / ? END`

func (f CandidateFilter) where() (w where) {
	w.add("status = 'pending' AND ready_at <= {now}")
	w.in("kind", f.Kinds)
	if len(f.WithoutConfigs) > 0 {
		w.add("(class = 0 OR config_key NOT IN ("+marks(len(f.WithoutConfigs))+"))", anys(f.WithoutConfigs)...)
	}
	if len(f.Nodes) > 0 {
		w.add("(target_node = '' OR target_until <= {now} OR target_node IN ("+marks(len(f.Nodes))+"))", anys(f.Nodes)...)
	}
	if f.Largest != nil {
		w.add("cpu <= ? AND mem_mb <= ? AND gpu <= ? AND vram_mb <= ? AND disk_mb <= ?",
			f.Largest.CPU, f.Largest.MemMB, f.Largest.GPU, f.Largest.VRAMMB, f.Largest.DiskMB)
	}
	return w
}
