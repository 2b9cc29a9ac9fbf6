package ledger

import (
	"context"
)

// JobFilter says which jobs are wanted; what is empty demands nothing.
type JobFilter struct {
	Kind        string
	ConfigKey   string
	IterationID string
	Node        string
	Statuses    []Status
}

// Job returns one job, or ErrNotFound.
func (l *Ledger) Job(ctx context.Context, id string) (Job, error) {
	return readOne(ctx, l, "find job "+id, scanJob, "SELECT "+jobColumns+" FROM jobs WHERE job_id = ?", id)
}

// JobByKey returns the job that was submitted under an idempotency key, or ErrNotFound.
func (l *Ledger) JobByKey(ctx context.Context, key string) (Job, error) {
	return readOne(ctx, l, "find job with key "+key, scanJob, "SELECT "+jobColumns+" FROM jobs WHERE idempotency_key = ?", key)
}

// Jobs lists jobs, newest first.
func (l *Ledger) Jobs(ctx context.Context, filter JobFilter, page Page) (List[Job], error) {
	var w where
	w.equal("kind", filter.Kind)
	w.equal("config_key", filter.ConfigKey)
	w.equal("iteration_id", filter.IterationID)
	w.equal("node", filter.Node)
	w.in("status", asTexts(filter.Statuses))
	return listing[Job]{
		act: "list jobs", query: "SELECT " + jobColumns + " FROM jobs", scan: scanJob,
		order: order{keys: []string{"created_at", "job_id"}, newest: true},
		key:   func(j Job) []any { return []any{j.CreatedAt, j.ID} },
	}.part(ctx, l, w, page)
}

// JobDependencies returns the ids of the jobs that a job depends on, and of those that depend on it.
func (l *Ledger) JobDependencies(ctx context.Context, id string) (needs, neededBy []string, err error) {
	needs, err = readAll(ctx, l, "list dependencies of job "+id, scanText,
		"SELECT depends_on FROM job_dependencies WHERE job_id = ? ORDER BY depends_on LIMIT ?", id, maxDependencies)
	if err != nil {
		return nil, nil, err
	}
	neededBy, err = readAll(ctx, l, "list dependants of job "+id, scanText,
		"SELECT job_id FROM job_dependencies WHERE depends_on = ? ORDER BY job_id LIMIT ?", id, maxLimit)
	return needs, neededBy, err
}

func asTexts[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, value := range values {
		all[i] = string(value)
	}
	return all
}
