package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// controlPickup is how long a worker may take to pick up a control activity before it counts as gone.
	controlPickup = 500 * time.Millisecond
	// controlTimeout bounds a control activity that does not wait for the daemon.
	controlTimeout = time.Second
	// locateTimeout bounds the search for the worker of an attempt; past it the activity is cancelled.
	// locateTry bounds one look: a server that dies takes the answer of the one that is under way along.
	locateTimeout = 3 * time.Second
	locateTry     = time.Second
	// stopTries and stopPause are how often, and after what pause, a worker that was not found is sought again.
	stopTries = 3
	stopPause = time.Second
	// stopMargin is what a stop may take beyond the daemon's own limit, for the messages around it.
	stopMargin = 5 * time.Second
)

// endRun stops the running activity: by its worker's control queue, which takes milliseconds, else by
// cancelling it, which takes a heartbeat. The activity's own result is the proof that it ended.
func (d *daemon) endRun(ctx workflow.Context, reason spec.StopReason) {
	r := d.run
	r.stopping = true
	d.dirty = true
	workflow.Go(ctx, func(ctx workflow.Context) {
		defer d.touch()
		if !d.tellRun(ctx, r, reason) && !r.ended() {
			r.cancel()
			d.insist(ctx, r, reason)
		}
		ended, err := awaitWithin(ctx, d.in.Spec.StopTimeout+stopMargin, r.ended)
		if err == nil && !ended {
			r.cancel()
			r.abandoned = true
			d.reason = "stop unconfirmed: no answer from its worker; fenced"
		}
	})
}

// insist tells an attempt again that a worker had only just taken when it was cancelled: it would hear of
// the cancellation at its next heartbeat.
func (d *daemon) insist(ctx workflow.Context, r *run, reason spec.StopReason) {
	for range stopTries {
		if ended, err := awaitWithin(ctx, stopPause, r.ended); err != nil || ended {
			return
		}
		if d.tellRun(ctx, r, reason) {
			return
		}
	}
}

// tellRun finds the worker of the attempt and tells it to stop, that attempt only: the word must not reach
// the one after it. An attempt that waits for its next try runs nowhere: cancelling ends it at once.
func (d *daemon) tellRun(ctx workflow.Context, r *run, reason spec.StopReason) bool {
	if r.ready && d.tell(ctx, r.worker, r.epoch, reason) {
		return true
	}
	if r.ended() {
		return true
	}
	var located spec.LocateResult
	options := supportOptions("locate " + d.self)
	options.StartToCloseTimeout, options.ScheduleToCloseTimeout = locateTry, locateTimeout
	ctx = workflow.WithActivityOptions(ctx, options)
	if err := workflow.ExecuteActivity(ctx, spec.ActivityLocate, spec.LocateInput{ID: d.self}).Get(ctx, &located); err != nil || located.Worker == "" {
		return false
	}
	return r.ended() || d.tell(ctx, located.Worker, located.Epoch, reason)
}

// tell asks one worker to end this daemon and says whether it runs it there.
func (d *daemon) tell(ctx workflow.Context, worker string, epoch int64, reason spec.StopReason) bool {
	if worker == "" {
		return false
	}
	var result spec.StopDaemonResult
	ctx = workflow.WithActivityOptions(ctx, controlOptions(worker, "stop "+d.self))
	err := workflow.ExecuteActivity(ctx, spec.ActivityStopDaemon, spec.StopDaemonInput{ID: d.self, Epoch: epoch, Reason: reason}).Get(ctx, &result)
	return err == nil && result.Told
}

func controlOptions(worker, summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:              spec.ControlQueue(worker),
		ScheduleToStartTimeout: controlPickup,
		StartToCloseTimeout:    controlTimeout,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
		DisableEagerExecution:  true,
		Summary:                summary,
	}
}

func supportOptions(summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:             spec.QueueSupport,
		StartToCloseTimeout:   30 * time.Second,
		RetryPolicy:           &temporal.RetryPolicy{MaximumInterval: 5 * time.Second},
		DisableEagerExecution: true,
		Summary:               summary,
	}
}
