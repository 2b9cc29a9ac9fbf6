package ledger

import (
	"context"
	"time"
)

// Attempt is one claim of a job and what came of it.
type Attempt struct {
	JobID      string    `json:"job_id"`
	Token      int64     `json:"token"`
	Number     int64     `json:"attempt"` // 0 until started
	Kind       string    `json:"kind"`
	ConfigKey  string    `json:"config_key"`
	Node       string    `json:"node"`
	ClaimedAt  time.Time `json:"claimed_at"`
	StartedAt  time.Time `json:"started_at,omitzero"`
	EndedAt    time.Time `json:"ended_at,omitzero"`
	Outcome    string    `json:"outcome,omitempty"` // empty while it lasts
	ErrorClass string    `json:"error_class,omitempty"`
	Error      string    `json:"error,omitempty"`
}

// NodeFailures is how many different jobs went wrong on a node, by error class.
type NodeFailures struct {
	Node       string `json:"node"`
	ErrorClass string `json:"error_class"`
	Jobs       int64  `json:"jobs"`
}

// HostTime is how long the jobs of a config ran, all nodes together.
type HostTime struct {
	ConfigKey string        `json:"config_key"`
	Critical  bool          `json:"critical"` // of its critical jobs, which no quota counts
	Time      time.Duration `json:"time_ns"`
}

// JobAttempts returns the claims of a job, first one first, at most 1000.
func (l *Ledger) JobAttempts(ctx context.Context, jobID string) ([]Attempt, error) {
	return readAll(ctx, l, "list attempts of job "+jobID, scanAttempt, `SELECT job_id, token, attempt, kind, config_key, node, claimed_at, started_at,
		ended_at, outcome, error_class, error FROM job_attempts WHERE job_id = ? ORDER BY token LIMIT ?`, jobID, maxLimit)
}

// NodeFailures counts different jobs that failed or were lost on each node within a time up to now.
func (l *Ledger) NodeFailures(ctx context.Context, within time.Duration) ([]NodeFailures, error) {
	scan := func(r row) (f NodeFailures, err error) { return f, r.Scan(&f.Node, &f.ErrorClass, &f.Jobs) }
	return readAll(ctx, l, "count failures of nodes", scan, `SELECT node, error_class, COUNT(DISTINCT job_id) FROM job_attempts
		WHERE ended_at IS NOT NULL AND ended_at >= {now} - ? AND outcome IN ('failed', 'requeued', 'lost')
		GROUP BY node, error_class ORDER BY node, error_class`, within.Microseconds())
}

// HostTimes sums up how long jobs ran within a time up to now, by config. Work that began before counts from then on.
func (l *Ledger) HostTimes(ctx context.Context, within time.Duration) ([]HostTime, error) {
	scan := func(r row) (h HostTime, err error) {
		var micros int64
		err = r.Scan(&h.ConfigKey, &h.Critical, &micros)
		h.Time = time.Duration(micros) * time.Microsecond
		return h, err
	}
	return readAll(ctx, l, "sum up host time", scan, `
		WITH ran AS (
			SELECT config_key, class, started_at, ended_at AS until FROM job_attempts
			WHERE ended_at IS NOT NULL AND ended_at >= {now} - ? AND started_at IS NOT NULL
			UNION ALL
			SELECT config_key, class, started_at, {now} AS until FROM job_attempts WHERE ended_at IS NULL AND started_at IS NOT NULL)
		SELECT config_key, class = 0, CAST(SUM(until - CASE WHEN started_at > {now} - ? THEN started_at ELSE {now} - ? END) AS BIGINT)
		FROM ran GROUP BY config_key, class = 0 ORDER BY config_key, class = 0`,
		within.Microseconds(), within.Microseconds(), within.Microseconds())
}

func scanAttempt(r row) (a Attempt, err error) {
	return a, r.Scan(&a.JobID, &a.Token, &a.Number, &a.Kind, &a.ConfigKey, &a.Node, at(&a.ClaimedAt), at(&a.StartedAt), at(&a.EndedAt),
		&a.Outcome, &a.ErrorClass, &a.Error)
}
