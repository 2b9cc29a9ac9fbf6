package ledger

import (
	"context"
	"slices"
	"time"
)

// JobCount is how many jobs of a kind and config have a status.
type JobCount struct {
	Kind      string `json:"kind"`
	ConfigKey string `json:"config_key"`
	Status    Status `json:"status"`
	Jobs      int64  `json:"jobs"`
}

// NodeLoad is what the jobs that a node has need together.
type NodeLoad struct {
	Node string `json:"node"`
	Kind string `json:"kind"`
	Jobs int64  `json:"jobs"`
	Resources
}

// Waits are how long the jobs that finished last took.
type Waits struct {
	Jobs  int       `json:"jobs"`
	Queue Quantiles `json:"queue"` // from ready to started
	Total Quantiles `json:"total"` // from submitted to finished
}

// Quantiles of durations.
type Quantiles struct {
	Mean time.Duration `json:"mean_ns"`
	P50  time.Duration `json:"p50_ns"`
	P95  time.Duration `json:"p95_ns"`
	Max  time.Duration `json:"max_ns"`
}

// JobCounts counts the jobs that are not over.
func (l *Ledger) JobCounts(ctx context.Context) ([]JobCount, error) {
	return readAll(ctx, l, "count jobs", scanJobCount, `SELECT kind, config_key, status, COUNT(*) FROM jobs WHERE finished_at IS NULL
		GROUP BY kind, config_key, status ORDER BY kind, config_key, status`)
}

// FinishedJobCounts counts the jobs that ended within a time up to now.
func (l *Ledger) FinishedJobCounts(ctx context.Context, within time.Duration) ([]JobCount, error) {
	return readAll(ctx, l, "count finished jobs", scanJobCount, `SELECT kind, config_key, status, COUNT(*) FROM jobs
		WHERE finished_at IS NOT NULL AND finished_at >= {now} - ? GROUP BY kind, config_key, status ORDER BY kind, config_key, status`, within.Microseconds())
}

// NodeLoads sums up what the nodes' claimed and running jobs need, by node and kind.
func (l *Ledger) NodeLoads(ctx context.Context) ([]NodeLoad, error) {
	scan := func(r row) (n NodeLoad, err error) {
		return n, r.Scan(&n.Node, &n.Kind, &n.Jobs, &n.CPU, &n.MemMB, &n.GPU, &n.VRAMMB, &n.DiskMB)
	}
	return readAll(ctx, l, "sum up loads", scan, `SELECT node, kind, COUNT(*), SUM(cpu), CAST(SUM(mem_mb) AS BIGINT), CAST(SUM(gpu) AS BIGINT),
		CAST(SUM(vram_mb) AS BIGINT), CAST(SUM(disk_mb) AS BIGINT)
		FROM jobs WHERE status IN ('claimed', 'running') GROUP BY node, kind ORDER BY node, kind`)
}

// LeasedJobs returns the jobs that nodes have, those whose lease ends first in front, at most 1000.
func (l *Ledger) LeasedJobs(ctx context.Context) ([]Job, error) {
	return readAll(ctx, l, "list leased jobs", scanJob, "SELECT "+jobColumns+` FROM jobs WHERE status IN ('claimed', 'running')
		ORDER BY lease_until LIMIT ?`, maxLimit)
}

// StuckJobs returns jobs that were claimed longer ago than a time and have not started, at most 1000.
func (l *Ledger) StuckJobs(ctx context.Context, longerThan time.Duration) ([]Job, error) {
	return readAll(ctx, l, "list stuck jobs", scanJob, "SELECT "+jobColumns+` FROM jobs WHERE status IN ('claimed', 'running') AND status = 'claimed'
		AND claimed_at < {now} - ? ORDER BY claimed_at LIMIT ?`, longerThan.Microseconds(), maxLimit)
}

// JobWaits measures the last jobs that completed, up to 1000 of them.
func (l *Ledger) JobWaits(ctx context.Context, last int) (Waits, error) {
	limit, err := Page{Limit: last}.limit()
	if err != nil {
		return Waits{}, err
	}
	type wait struct{ queue, total time.Duration }
	waits, err := readAll(ctx, l, "measure waits", func(r row) (wait, error) {
		var created, ready, started, finished time.Time
		err := r.Scan(at(&created), at(&ready), at(&started), at(&finished))
		return wait{started.Sub(ready), finished.Sub(created)}, err
	}, `SELECT created_at, ready_at, started_at, finished_at FROM jobs
		WHERE finished_at IS NOT NULL AND status = 'completed' AND started_at IS NOT NULL ORDER BY finished_at DESC LIMIT ?`, limit)
	if err != nil {
		return Waits{}, err
	}
	var queue, total []time.Duration
	for _, w := range waits {
		queue = append(queue, w.queue)
		total = append(total, w.total)
	}
	return Waits{Jobs: len(waits), Queue: quantiles(queue), Total: quantiles(total)}, nil
}

func quantiles(durations []time.Duration) Quantiles {
	if len(durations) == 0 {
		return Quantiles{}
	}
	slices.Sort(durations)
	var sum time.Duration
	for _, d := range durations {
		sum += d
	}
	last := len(durations) - 1
	return Quantiles{Mean: sum / time.Duration(len(durations)), P50: durations[last/2], P95: durations[last*95/100], Max: durations[last]}
}

func scanJobCount(r row) (c JobCount, err error) {
	return c, r.Scan(&c.Kind, &c.ConfigKey, &c.Status, &c.Jobs)
}
