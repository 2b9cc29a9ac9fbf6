package workflows

import (
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// forever is the longest an activity may run; a daemon has no natural end.
	forever = 365 * 24 * time.Hour
	// nodeTimeout is how long a node's queue may leave a daemon unclaimed before the node counts as gone.
	nodeTimeout = 5 * time.Second

	// maxAbsence bounds the pause between two searches for a worker that knows the type.
	maxAbsence = time.Minute
)

// run is one RunDaemon activity: a budget of attempts.
type run struct {
	future workflow.Future
	cancel workflow.CancelFunc
	began  time.Time
	row    spec.Daemon // its attempts go by

	// What the last report said; zero until then.
	epoch   int64
	attempt int
	worker  string
	ready   bool
	readyAt time.Time
	health  spec.Health
	heardAt time.Time // when the host said so

	stopping  bool
	abandoned bool
}

func (r *run) ended() bool { return r.abandoned || r.future.IsReady() }

// begin schedules the activity that is the daemon.
func (d *daemon) begin(ctx workflow.Context) {
	d.evictOldCopy(ctx)
	in := spec.RunInput{
		Spec: d.in.Spec, Node: d.in.Node, Parent: d.in.Parent,
		Spent: d.spent, Attempts: d.attempts(), Handover: d.handover, NodeCount: d.in.NodeCount,
	}
	firstPause, longestPause := d.in.Spec.RestartCurve()
	options := workflow.ActivityOptions{
		TaskQueue:             spec.QueueDaemons,
		StartToCloseTimeout:   forever,
		HeartbeatTimeout:      d.in.Spec.HeartbeatTimeout,
		WaitForCancellation:   true,
		DisableEagerExecution: true,
		Summary:               d.self,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:        firstPause,
			BackoffCoefficient:     spec.RestartDelayGrowth,
			MaximumInterval:        longestPause,
			MaximumAttempts:        int32(in.Attempts),
			NonRetryableErrorTypes: []string{string(spec.CauseConfig)},
		},
	}
	if d.in.Node != "" {
		options.TaskQueue = spec.NodeQueue(d.in.Node)
		if !d.unavailable {
			options.ScheduleToStartTimeout = nodeTimeout
		}
	}
	ctx, cancel := workflow.WithCancel(workflow.WithActivityOptions(ctx, options))
	d.run = &run{
		future: workflow.ExecuteActivity(ctx, spec.ActivityRunDaemon, in), cancel: cancel, began: workflow.Now(ctx), row: d.in.Spec,
	}
	d.restart, d.vouch, d.regiven, d.nextTryAt, d.lastEpoch = false, false, false, time.Time{}, 0
	d.offered, d.handover = d.handover, nil
	if !d.unavailable && d.absences == 0 {
		d.enter(ctx, spec.PhaseStarting, d.reason)
	}
}

// attempts is what is left of the restart budget; once it is spent, every try is a single one.
func (d *daemon) attempts() int {
	if d.exhausted {
		return 1
	}
	return max(1, d.in.Spec.RestartBudget()-d.spent)
}

// onReport takes what the host says of the attempt. Reports of an older attempt come too late to matter.
func (d *daemon) onReport(report spec.Report) {
	r := d.run
	// Epoch and began are both the server's time: an attempt of this activity began after it was scheduled.
	if r == nil || report.Epoch < max(r.epoch, r.began.UnixNano()) {
		return
	}
	r.epoch, r.attempt, r.worker = report.Epoch, report.Attempt, report.Worker
	d.lastEpoch = report.Epoch
	d.unavailable, d.absences, d.offered = false, 0, nil
	switch report.Kind {
	case spec.ReportReady:
		r.ready, r.readyAt = true, report.At
		r.hear(report)
		d.nextTryAt = time.Time{}
	case spec.ReportFailed:
		r.ready, r.health, r.heardAt = false, spec.Health{Status: spec.HealthUnknown}, time.Time{}
		d.charge(report.Cause, report.Error)
		d.lastCause = report.Cause
		d.nextTryAt = report.NextTryAt
		r.epoch++ // nothing more of this attempt counts
	case spec.ReportHealth:
		r.hear(report)
	}
	d.dirty = true
}

// hear takes a verdict, unless it is older than the last one: after an outage the host sends all that it has to say at
// once.
func (r *run) hear(report spec.Report) {
	if !report.At.Before(r.heardAt) {
		r.health, r.heardAt = report.Health, report.At
	}
}

// charge counts an attempt that ended, and spends the budget if the daemon was to blame.
func (d *daemon) charge(cause spec.Cause, failure string) {
	d.restarts[cause]++
	if cause.SpendsBudget() {
		d.spent++
		d.lastError = failure
	}
}

// finishRun takes the end of the activity, and shows what the running one has reported.
func (d *daemon) finishRun(ctx workflow.Context) {
	if d.run == nil {
		return
	}
	if !d.run.ended() {
		d.showRun(ctx)
		return
	}
	ended := d.run
	d.run, d.nextTryAt = nil, time.Time{}
	if ended.ready && workflow.Now(ctx).Sub(ended.readyAt) >= d.in.Spec.StabilityWindow {
		d.spent, d.exhausted = 0, false // whatever ended it: an hour of health gives the budget back
	}
	if ended.abandoned {
		d.evict = ended.worker
		return
	}
	var result spec.RunResult
	if err := ended.future.Get(ctx, &result); err != nil {
		d.onFailure(ctx, err)
		return
	}
	d.onResult(ctx, result)
}

func (d *daemon) showRun(ctx workflow.Context) {
	if d.run.ready && d.vouch {
		d.vouch = false
		ready := spec.ReadyNotice{ID: d.self, Epoch: d.run.epoch, Worker: d.run.worker, Vouched: true}
		d.link.send(ctx, spec.SignalReady, spec.ReadyList{Ready: []spec.ReadyNotice{ready}})
	}
	switch {
	case d.run.stopping:
		d.enter(ctx, spec.PhaseStopping, d.reason)
	case d.run.ready && d.log.phase != spec.PhaseRunning:
		d.enter(ctx, spec.PhaseRunning, d.reason)
		if d.wanted() && !d.restart {
			d.reason, d.actor = "", ""
		}
	case d.run.ready:
	case !d.nextTryAt.IsZero():
		d.enter(ctx, spec.PhaseRestarting, d.lastError)
	}
}

func (d *daemon) onResult(ctx workflow.Context, result spec.RunResult) {
	now := workflow.Now(ctx)
	d.lastEpoch = max(d.lastEpoch, result.Epoch)
	absences := d.absences
	d.absences = 0
	switch result.Outcome {
	case spec.OutcomeDown:
		d.onHold()
	case spec.OutcomeHandover:
		d.handover = result.Handover
		d.restarts[spec.CauseDeploy]++
	case spec.OutcomeRenew:
		d.restarts[result.Cause]++
	case spec.OutcomeFailed:
		d.spent, d.exhausted = 0, false
		d.charge(result.Cause, result.Reason)
		d.nextTryAt = now.Add(result.Delay)
	case spec.OutcomeElsewhere:
		d.handover = d.offered
		d.absences = absences + 1
		d.nextTryAt = now.Add(min(maxAbsence, result.Delay<<min(absences, 10)))
	case spec.OutcomeCompleted:
		d.ended, d.endedReason = spec.PhaseCompleted, result.Reason
	case spec.OutcomeDisabled:
		d.ended, d.endedReason = spec.PhaseDisabled, result.Reason
	case spec.OutcomeStopped:
		d.handover = result.Handover
		if result.Abandoned {
			d.reason = "did not stop in time: abandoned and fenced"
		}
	}
	d.lastCause = result.Cause
}

// onFailure takes an activity that ended in an error: the budget is spent, trying is useless, or the
// infrastructure is to blame.
func (d *daemon) onFailure(ctx workflow.Context, err error) {
	var timeout *temporal.TimeoutError
	var application *temporal.ApplicationError
	if errors.As(err, &application) && application.HasDetails() {
		_ = application.Details(&d.lastEpoch) // another worker's error may say less: then it stays as it was
	}
	switch {
	case temporal.IsCanceledError(err):
		if d.unavailable {
			d.handover = d.offered
		}
	case errors.As(err, &timeout):
		d.onTimeout(ctx, timeout)
	case application != nil && application.Type() == string(spec.CauseConfig):
		d.restarts[spec.CauseConfig]++
		d.lastError = application.Message()
		d.ended, d.endedReason = spec.PhaseFailed, application.Message()
		d.lastCause = spec.CauseConfig
	case application != nil && !spec.Cause(application.Type()).SpendsBudget():
		d.lastCause = spec.Cause(application.Type())
		d.restarts[d.lastCause]++
	default:
		d.onExhausted(ctx, application, err)
	}
}

// onTimeout is a worker that was lost, or a node that nobody serves. Neither is the daemon's fault.
func (d *daemon) onTimeout(ctx workflow.Context, timeout *temporal.TimeoutError) {
	if timeout.TimeoutType() == enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START {
		d.unavailable, d.handover = true, d.offered
		d.enter(ctx, spec.PhaseUnavailable, "no worker serves node "+d.in.Node)
		return
	}
	d.restarts[spec.CauseWorkerLost]++
	d.lastCause = spec.CauseWorkerLost
}

func (d *daemon) onExhausted(ctx workflow.Context, application *temporal.ApplicationError, err error) {
	cause, failure := spec.CauseError, err.Error()
	if application != nil {
		cause, failure = spec.Cause(application.Type()), application.Message()
	}
	d.charge(cause, failure)
	d.lastCause = cause
	if !d.in.Spec.AutoRestart {
		d.ended, d.endedReason = spec.PhaseFailed, failure
		return
	}
	if d.regiven && d.spent < d.in.Spec.RestartBudget() && workflow.GetVersion(ctx, "reset-of-a-running-daemon", workflow.DefaultVersion, 1) >= 1 {
		d.nextTryAt = workflow.Now(ctx).Add(d.in.Spec.RestartDelay(d.spent))
		return
	}
	d.exhausted = true
	d.nextTryAt = workflow.Now(ctx).Add(d.in.Spec.ProbeInterval)
}

// evictOldCopy stops what a terminated predecessor of this workflow may have left running.
func (d *daemon) evictOldCopy(ctx workflow.Context) {
	if d.evict == "" {
		return
	}
	d.tell(ctx, d.evict, 0, spec.StopForEviction)
	d.evict = ""
}
