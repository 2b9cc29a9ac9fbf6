package activities

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload/run"
)

// jobBeat is the pause between two heartbeats of a job. Its answer also brings the wish to end, so it is
// short; a node runs few jobs.
const jobBeat = 2 * time.Second

// Jobs runs jobs on this node and writes what becomes of them into the ledger.
type Jobs struct {
	Executor *jobs.Executor
	Recorder *jobs.Recorder
	Client   client.Client
	Identity string
	Logger   *slog.Logger
}

// StartJob begins the attempt of a grant in the ledger.
func (j *Jobs) StartJob(ctx context.Context, grant spec.JobGrant) (spec.JobStart, error) {
	return j.Recorder.Start(ctx, grant)
}

// FinishJob ends the attempt of a grant in the ledger. Done twice it changes nothing and says the same.
func (j *Jobs) FinishJob(ctx context.Context, end spec.JobEnd) (spec.JobOutcome, error) {
	return j.Recorder.Finish(ctx, end)
}

// RunJob runs one attempt on this node until no process of it is left.
func (j *Jobs) RunJob(ctx context.Context, assignment jobs.Assignment) (jobs.Report, error) {
	alive, done := context.WithCancel(ctx)
	defer done()
	working, end := context.WithCancelCause(ctx)
	defer end(nil)
	progress := &atomic.Pointer[jobs.Progress]{}
	go j.beat(alive, end, progress)
	go preemptOnDrain(alive, end)
	report, err := j.Executor.Run(working, assignment, func(p jobs.Progress) { progress.Store(&p) })
	if err != nil {
		j.Logger.Warn("job could not be run", "job", assignment.JobID, "attempt", assignment.Attempt, "error", err)
		return report, temporal.NewApplicationError(brief(err).Error(), "Executor")
	}
	return report, nil
}

// preemptOnDrain gives the job's place up when the worker drains. The context would tell too late.
func preemptOnDrain(alive context.Context, end context.CancelCauseFunc) {
	select {
	case <-activity.GetWorkerStopChannel(alive):
		end(run.ErrPreempted)
	case <-alive.Done():
	}
}

// beat keeps the attempt alive at the server, also while its processes take their time to end, and ends it
// when the server wants it ended or gives it up. It beats at once: a node that is lost before the second beat had the job.
func (j *Jobs) beat(alive context.Context, end context.CancelCauseFunc, progress *atomic.Pointer[jobs.Progress]) {
	info := activity.GetInfo(alive)
	held := lease{every: jobBeat, patience: untilProcesses(info.HeartbeatTimeout)}
	err := held.hold(alive, 0, func(ctx context.Context) error {
		response, err := recordHeartbeat(ctx, j.Client, info, j.Identity, progress.Load())
		if err == nil && response.GetCancelRequested() {
			end(errStopped)
		}
		return err
	})
	if err != nil {
		j.Logger.Warn("job is given up", "job", info.WorkflowExecution.ID, "why", err)
		end(run.ErrLost)
	}
}

// errStopped is the wish of the job's owner or of the scheduler; the workflow knows whose.
var errStopped = errors.New("stopped")
