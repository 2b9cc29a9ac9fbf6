package trainingtrigger

import (
	"context"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Watch implements pipeline.Watcher: attempts that were ended because they took too long, or were silent for too long.
func (t *training) Watch(ctx context.Context, session *ledger.Session, order ledger.Stage, job ledger.Job) ([]bus.Payload, error) {
	attempts, err := session.Ledger().JobAttempts(ctx, job.ID)
	if err != nil {
		return nil, err
	}
	run, err := runOf(order, job)
	if err != nil {
		return nil, err
	}
	var told []bus.Payload
	for _, attempt := range attempts {
		limit, seconds := limitOf(attempt.ErrorClass, job)
		if limit == "" {
			continue
		}
		told = append(told, bus.TrainingTimeoutReached{
			TrainingRun: run, NodeID: attempt.Node, JobAttempt: attempt.Number, Limit: limit,
			TimeoutHours: (time.Duration(seconds) * time.Second).Hours(), RanSeconds: attempt.EndedAt.Sub(attempt.StartedAt).Seconds(),
		})
	}
	return told, nil
}

// limitOf is the limit that an attempt has reached, by how it ended; empty: none.
func limitOf(class string, job ledger.Job) (limit string, seconds int64) {
	switch workload.Cause(class) {
	case workload.CauseDeadline:
		return "run", job.RunLimitSeconds
	case workload.CauseStuck:
		return "silent", job.SilentLimitSeconds
	}
	return "", 0
}
