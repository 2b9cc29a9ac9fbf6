package activities

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Daemons runs daemons of this worker's host as activities.
type Daemons struct {
	Host     *host.Host
	Client   client.Client
	Identity string // of this worker process
	Reporter *Reporter
	Records  *Records
	Logger   *slog.Logger

	turns turns
}

// elsewhereDelay is how long a type that this worker does not know waits before it is offered again.
const elsewhereDelay = 2 * time.Second

// RunDaemon is the activity that is a daemon: it returns when the attempt has ended.
func (d *Daemons) RunDaemon(ctx context.Context, in spec.RunInput) (spec.RunResult, error) {
	info := activity.GetInfo(ctx)
	attempt := attempt{daemons: d, in: in, info: info, epoch: info.StartedTime.UnixNano()}
	d.Records.begun.note(attempt.id(), attempt.epoch)
	if info.Attempt > 1 {
		if cause := d.previousCause(ctx, info); !cause.SpendsBudget() {
			return spec.RunResult{Outcome: spec.OutcomeRenew, Cause: cause}, nil
		}
	}
	d.Reporter.share(in.NodeCount)
	return attempt.run(ctx)
}

// attempt is one execution of RunDaemon.
type attempt struct {
	daemons *Daemons
	in      spec.RunInput
	info    activity.Info
	epoch   int64
}

func (a *attempt) id() string { return spec.WorkflowID(a.in.Spec.Type, a.in.Node) }

func (a *attempt) run(ctx context.Context) (spec.RunResult, error) {
	d := a.daemons
	if err := d.Records.put(a.record()); err != nil { // as on a full disk: a successor has to look for the attempt
		d.Logger.Warn("attempt without a record", "daemon", a.id(), "error", err)
	}
	defer d.Records.remove(a.id(), a.epoch)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	beat := newHeartbeat(d, a)
	go beat.run(ctx)
	go a.handOverOnDrain(ctx)
	result, err := a.result(d.Host.Run(ctx, a.assignment(), a))
	result.Epoch = a.epoch
	return result, err
}

func (a *attempt) assignment() host.Assignment {
	return host.Assignment{
		Spec: a.in.Spec, Node: a.in.Node, Epoch: a.epoch, Attempt: int(a.info.Attempt), Handover: a.in.Handover,
	}
}

// handOverOnDrain ends the daemon, in its turn, when the worker stops. The context would tell too late.
func (a *attempt) handOverOnDrain(ctx context.Context) {
	select {
	case <-activity.GetWorkerStopChannel(ctx):
		if d := a.daemons; d.turns.wait(ctx, d.Host.Count()) == nil {
			d.Host.Stop(a.id(), a.epoch, spec.StopForHandover)
		}
	case <-ctx.Done():
	}
}

// Ready reports to the parent, which may start dependents, and to the daemon's own workflow.
func (a *attempt) Ready(verdict spec.Health) {
	a.daemons.Reporter.ready(a.in.Parent, spec.ReadyNotice{ID: a.id(), Epoch: a.epoch, Worker: a.daemons.Identity})
	report := a.report(spec.ReportReady)
	report.Health = verdict
	a.daemons.Reporter.report(a.info.WorkflowExecution, report)
}

// Health reports a verdict that changed.
func (a *attempt) Health(verdict spec.Health) {
	report := a.report(spec.ReportHealth)
	report.Health = verdict
	a.daemons.Reporter.report(a.info.WorkflowExecution, report)
}

func (a *attempt) report(kind spec.ReportKind) spec.Report {
	return spec.Report{
		Kind: kind, Epoch: a.epoch, Attempt: int(a.info.Attempt), Worker: a.daemons.Identity, At: time.Now().UTC(),
	}
}

// result translates the end of the attempt into what the workflow understands.
func (a *attempt) result(exit host.Exit) (spec.RunResult, error) {
	exit.Err = brief(exit.Err)
	switch exit.Kind {
	case host.ExitStopped:
		return a.stopped(exit)
	case host.ExitCompleted:
		return spec.RunResult{Outcome: spec.OutcomeCompleted}, nil
	case host.ExitDisabled:
		return spec.RunResult{Outcome: spec.OutcomeDisabled, Reason: exit.Err.Error()}, nil
	case host.ExitUnknown:
		return spec.RunResult{Outcome: spec.OutcomeElsewhere, Cause: spec.CauseElsewhere, Delay: elsewhereDelay}, nil
	case host.ExitNever:
		return spec.RunResult{}, temporal.NewNonRetryableApplicationError(exit.Err.Error(), string(spec.CauseConfig), nil, a.epoch)
	}
	if exit.ReadyFor >= a.in.Spec.StabilityWindow && a.in.Spec.RestartBudget() > 1 {
		return spec.RunResult{
			Outcome: spec.OutcomeFailed, Cause: exit.Cause, Reason: exit.Err.Error(), Delay: a.daemons.Host.Delay(a.in.Spec, 1),
		}, nil
	}
	return spec.RunResult{}, a.failed(exit)
}

func (a *attempt) stopped(exit host.Exit) (spec.RunResult, error) {
	result := spec.RunResult{Outcome: spec.OutcomeStopped, Cause: spec.CauseOperator, Handover: exit.Handover, Abandoned: exit.Abandoned}
	switch exit.Reason {
	case spec.StopForDown:
		result.Outcome = spec.OutcomeDown
	case spec.StopForHandover:
		result.Outcome, result.Cause = spec.OutcomeHandover, spec.CauseDeploy
	case spec.StopForFence, spec.StopForEviction:
		// The server has given this attempt up, or will: the next one finds the cause and is free.
		return spec.RunResult{}, a.retryable(errors.New("the server no longer accepted this attempt"), spec.CauseWorkerLost, time.Second)
	}
	return result, nil
}

// failed reports the failure before the attempt ends, since the workflow cannot see the server's retries,
// and asks for the delay. The last attempt's failure reaches the workflow as the activity's.
func (a *attempt) failed(exit host.Exit) error {
	delay := a.daemons.Host.Delay(a.in.Spec, a.in.Spent+int(a.info.Attempt))
	if int(a.info.Attempt) < a.in.Attempts {
		report := a.report(spec.ReportFailed)
		report.Cause, report.Error, report.NextTryAt = exit.Cause, exit.Err.Error(), report.At.Add(delay)
		a.daemons.Reporter.reportNow(a.info.WorkflowExecution, report)
	}
	return a.retryable(exit.Err, exit.Cause, delay)
}

func (a *attempt) retryable(err error, cause spec.Cause, delay time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(err.Error(), string(cause), temporal.ApplicationErrorOptions{
		NextRetryDelay: delay, Category: temporal.ApplicationErrorCategoryBenign, Details: []any{a.epoch},
	})
}
