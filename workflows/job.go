package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// jobClaimTimeout is how long a node may leave a granted job unclaimed before it counts as gone.
	jobClaimTimeout = 10 * time.Second
	// jobMargin is what an attempt may need beyond its run limit: for inputs, for its grace, for storing.
	jobMargin = 15 * time.Minute
	// defaultRunLimit bounds a job that names no limit.
	defaultRunLimit = 24 * time.Hour
	// ledgerLimit bounds one try to write into the ledger, ledgerPause the pause between two.
	ledgerLimit = 30 * time.Second
	ledgerPause = time.Minute
)

// Job runs one granted job: it starts the attempt in the ledger, has the node run it, and ends it in the
// ledger. It decides nothing about the next attempt: that is another grant, and another run.
func Job(ctx workflow.Context, grant spec.JobGrant) (spec.JobOutcome, error) {
	box, err := inboxOf(ctx)
	if err != nil {
		return spec.JobOutcome{}, err
	}
	j := &job{grant: grant, inbox: box}
	workflow.SetCurrentDetails(ctx, "starts on node "+grant.Node)
	var start spec.JobStart
	if err := workflow.ExecuteLocalActivity(ledgerOptions(ctx), spec.ActivityStartJob, grant).Get(ctx, &start); err != nil {
		return spec.JobOutcome{}, err
	}
	if start.Refused != "" {
		return spec.JobOutcome{Status: "refused", Message: start.Refused}, nil
	}
	// What was begun must end in the ledger, also when somebody cancels this workflow.
	detached, _ := workflow.NewDisconnectedContext(ctx)
	end := j.run(ctx, detached, start)
	var outcome spec.JobOutcome
	err = workflow.ExecuteLocalActivity(ledgerOptions(detached), spec.ActivityFinishJob, end).Get(detached, &outcome)
	return outcome, err
}

type job struct {
	grant   spec.JobGrant
	inbox   *inbox
	stopped string
	stop    spec.JobStop
}

// run has the node run the attempt until it has ended there, or is lost.
func (j *job) run(ctx, detached workflow.Context, start spec.JobStart) spec.JobEnd {
	limit := start.RunLimit
	if limit == 0 {
		limit = defaultRunLimit
	}
	options := workflow.ActivityOptions{
		TaskQueue:              spec.NodeQueue(j.grant.Node),
		ScheduleToStartTimeout: jobClaimTimeout,
		StartToCloseTimeout:    limit + jobMargin,
		HeartbeatTimeout:       spec.JobHeartbeatTimeout,
		WaitForCancellation:    true,
		DisableEagerExecution:  true,
		Summary:                fmt.Sprintf("attempt %d", start.Attempt),
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 1},
	}
	running, cancel := workflow.WithCancel(workflow.WithActivityOptions(detached, options))
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("attempt %d runs on node %s", start.Attempt, j.grant.Node))
	report := workflow.ExecuteActivity(running, spec.ActivityRunJob, start.Assignment)
	for !report.IsReady() {
		if err := workflow.Await(j.context(ctx, detached), func() bool { return report.IsReady() || !j.inbox.empty() }); err != nil {
			j.end(spec.SignalCancelJob, spec.JobStop{Actor: "workflow", Reason: "its workflow was cancelled"})
		}
		j.inbox.drain(func(m message) { j.receive(ctx, m) })
		if j.stopped != "" {
			cancel()
		}
	}
	return j.ended(detached, report)
}

// context is the workflow's own until it is known to be cancelled.
func (j *job) context(ctx, detached workflow.Context) workflow.Context {
	if ctx.Err() != nil {
		return detached
	}
	return ctx
}

func (j *job) receive(ctx workflow.Context, m message) {
	var stop spec.JobStop
	if m.name != spec.SignalCancelJob && m.name != spec.SignalPreemptJob {
		workflow.GetLogger(ctx).Warn("signal refused", "signal", m.name, "takes", spec.SignalCancelJob+" and "+spec.SignalPreemptJob)
		return
	}
	if err := m.decode(&stop); err != nil {
		stop.Reason = "a payload that could not be read: " + err.Error() // the wish itself is clear
	}
	j.end(m.name, stop)
}

// end notes who wants the attempt to end. A cancellation outdoes a preemption.
func (j *job) end(signal string, stop spec.JobStop) {
	if j.stopped == "" || (j.stopped == spec.SignalPreemptJob && signal == spec.SignalCancelJob) {
		j.stopped, j.stop = signal, stop
	}
}

// ended says what the ledger must know of the attempt.
func (j *job) ended(ctx workflow.Context, report workflow.Future) spec.JobEnd {
	end := spec.JobEnd{Grant: j.grant, Stopped: j.stopped, Stop: j.stop}
	err := report.Get(ctx, &end.Report)
	var timeout *temporal.TimeoutError
	var failed *temporal.ApplicationError
	switch {
	case err == nil:
		return end
	case errors.As(err, &failed) && failed.Type() == string(spec.CauseWorkerLost): // said by the worker after it
		end.Lost = failed.Message()
		var progress json.RawMessage
		if failed.HasDetails() && failed.Details(&progress) == nil {
			end.Progress = progress
		}
	case errors.As(err, &timeout):
		end.Lost = lostText(timeout.TimeoutType(), j.grant.Node)
		var progress json.RawMessage
		if timeout.HasLastHeartbeatDetails() && timeout.LastHeartbeatDetails(&progress) == nil {
			end.Progress = progress
		}
	case temporal.IsCanceledError(err):
		end.Lost = "stopped before the node had begun"
	default:
		end.Lost = err.Error()
	}
	end.Report = nil
	return end
}

func lostText(timeout enumspb.TimeoutType, node string) string {
	switch timeout {
	case enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START:
		return fmt.Sprintf("no worker of node %s took it within %s", node, jobClaimTimeout)
	case enumspb.TIMEOUT_TYPE_HEARTBEAT:
		return fmt.Sprintf("node %s was silent for %s", node, spec.JobHeartbeatTimeout)
	}
	return fmt.Sprintf("node %s did not end it within its limit", node)
}

// ledgerOptions make a call wait for the ledger as long as it takes: nothing else can be done.
func ledgerOptions(ctx workflow.Context) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout:    ledgerLimit,
		ScheduleToCloseTimeout: forever, // or it would be that of one try
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, MaximumInterval: ledgerPause},
	})
}
