package evaluation

import (
	"context"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

// tenths of its games are how an evaluation tells of its progress.
const tenths = 10

// Watch implements pipeline.Watcher: how many games are played, and whether it is stuck.
func (e *evaluating) Watch(ctx context.Context, session *ledger.Session, order ledger.Stage, job ledger.Job) ([]bus.Payload, error) {
	request, err := pipeline.RequestOf(job)
	if err != nil {
		return nil, err
	}
	plan, err := planOf(order.ConfigKey, request)
	if err != nil {
		return nil, err
	}
	progress, err := e.progress(ctx, job)
	if err != nil {
		return nil, err
	}
	told := played(plan.event(order.ConfigKey), job, progress)
	stuck, err := e.stuckness(ctx, session.Ledger(), order, job, plan, progress)
	return append(told, stuck...), err
}

// progress is what the node of a running job says; nil: nothing is known of it.
func (e *evaluating) progress(ctx context.Context, job ledger.Job) (*jobs.Progress, error) {
	if e.jobs == nil || job.Status != ledger.Running {
		return nil, nil
	}
	look, err := e.jobs.Look(ctx, job.ID)
	if err != nil {
		return nil, host.Dependency(err)
	}
	if look.Token != job.Token {
		return nil, nil // of another attempt
	}
	return look.Progress, nil
}

// played tells of the last tenth of the games that is complete, once the first one is.
func played(of bus.Evaluation, job ledger.Job, progress *jobs.Progress) []bus.Payload {
	if progress == nil || progress.Stage != jobs.StageRunning || progress.Total <= 0 {
		return nil
	}
	tenth := int64(tenths * progress.Done / progress.Total)
	if tenth < 1 || tenth >= tenths {
		return nil
	}
	return []bus.Payload{bus.EvaluationProgress{
		Evaluation: of, JobID: job.ID, Tenth: tenth, GamesPlayed: progress.Done, GamesTotal: progress.Total,
	}}
}

// stuckness tells that an evaluation has not moved on for too long, and that this is over.
func (e *evaluating) stuckness(ctx context.Context, l *ledger.Ledger, order ledger.Stage, job ledger.Job, plan plan, progress *jobs.Progress) (told []bus.Payload, err error) {
	moved, err := movedAt(ctx, l, job, progress)
	if err != nil {
		return nil, err
	}
	now, err := l.Now(ctx)
	if err != nil {
		return nil, err
	}
	of, key := plan.event(order.ConfigKey), pipeline.JobKey(order)
	since, known := e.stuck.of(key)
	if known && (job.Status.Final() || moved.After(since)) {
		told = append(told, bus.EvaluationRecovered{Evaluation: of, JobID: job.ID, Since: since})
	}
	if age := now.Sub(moved); !job.Status.Final() && age >= e.settings().StuckAfter {
		e.stuck.note(key, moved)
		told = append(told, bus.EvaluationStuck{
			Evaluation: of, JobID: job.ID, Since: moved, AgeSeconds: age.Seconds(), Attempts: job.Attempt, Reason: string(job.Status) + " " + job.Node,
		})
	}
	return told, nil
}

// movedAt is when a job was last seen to get on: it was queued, an attempt began or ended, or its command did something.
func movedAt(ctx context.Context, l *ledger.Ledger, job ledger.Job, progress *jobs.Progress) (time.Time, error) {
	attempts, err := l.JobAttempts(ctx, job.ID)
	if err != nil {
		return time.Time{}, err
	}
	moved := job.CreatedAt
	for _, attempt := range attempts {
		moved = latest(moved, latest(attempt.StartedAt, attempt.EndedAt))
	}
	if progress != nil {
		moved = latest(moved, progress.At)
	}
	return moved, nil
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
