package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// read returns the node's report, or why the attempt counts as lost.
func (g *grant) read(end spec.JobEnd) (report *Report, fault string) {
	if len(end.Report) == 0 || string(end.Report) == "null" {
		return nil, end.Lost
	}
	if err := json.Unmarshal(end.Report, &report); err != nil {
		return nil, fmt.Sprintf("the report of node %s cannot be read: %v", g.Node, err)
	}
	if report.JobID != g.JobID || report.Node != g.Node {
		return nil, fmt.Sprintf("node %s reports of job %q on node %q", g.Node, report.JobID, report.Node)
	}
	return report, ""
}

// decide ends an attempt that has a report, by the contract's table.
func (g *grant) decide(ctx context.Context, job ledger.Job, report *Report, end spec.JobEnd) error {
	decision := report.Decision
	from := reference(report.Checkpoint)
	var err error
	switch done := decision.Action == workload.ActionComplete || decision.Action == workload.ActionCompletePart; {
	case done:
		err = g.complete(ctx, job, report)
	case end.Stopped == spec.SignalPreemptJob && decision.Action == workload.ActionDrop: // the node does not know why
		_, err = g.session.PreemptJob(ctx, g.lease, from)
	case end.Stopped == spec.SignalCancelJob || decision.Action == workload.ActionDrop:
		_, err = g.session.JobStopped(ctx, g.lease, from)
	case decision.Action == workload.ActionRebuildInput:
		err = g.rebuild(ctx, job, report)
	case decision.Action == workload.ActionFail, decision.Action == workload.ActionRetune:
		_, err = g.session.FailJob(ctx, g.lease, failure(decision))
	case decision.Action == workload.ActionRequeue && decision.Class == classPreempted:
		_, err = g.session.PreemptJob(ctx, g.lease, from)
	case decision.Action == workload.ActionRequeue:
		err = g.requeueLost(ctx, job, failure(decision), from)
	default:
		err = g.again(ctx, job, report)
	}
	return err
}

// complete stores the result. It comes last: what it speaks of is known by then.
func (g *grant) complete(ctx context.Context, job ledger.Job, report *Report) error {
	result, err := document(job, report)
	if err != nil {
		return err
	}
	_, err = g.session.CompleteJob(ctx, g.lease, result)
	return g.unlessRefused(ctx, err)
}

// again gives a job back after an attempt that went wrong.
func (g *grant) again(ctx context.Context, job ledger.Job, report *Report) error {
	before, err := g.earlier(ctx)
	if err != nil {
		return err
	}
	decision := report.Decision
	if decision.Class == classNoInput {
		if spoilt, err := g.failSpoilt(ctx, job); spoilt || err != nil {
			return err
		}
	}
	if decision.Class == classInternal && failedElsewhere(before, decision.Class, g.Node) {
		// Two nodes have met the same: it is the work's fault, not theirs.
		_, err = g.session.FailJob(ctx, g.lease, failure(decision))
		return err
	}
	requeue := ledger.Requeue{
		Failure: failure(decision), After: backoff(before, decision.Class), Forgive: !decision.Burns,
		AvoidNode:  decision.Action == workload.ActionRetry || decision.Action == workload.ActionRetryElsewhere,
		ResumeFrom: reference(report.Checkpoint),
	}
	switch decision.Action {
	case workload.ActionRetryHalved:
		if requeue.Request, err = halved(job); requeue.Request == nil {
			requeue.AvoidNode = true // nothing is left to halve: another node may have more memory
		}
	case workload.ActionRetryRemainder:
		if requeue.Request, err = remainder(job, report); requeue.Request != nil {
			requeue.After = 0 // it has moved on
		}
	}
	if err != nil {
		return err
	}
	_, err = g.session.RequeueJob(ctx, g.lease, requeue)
	return err
}

// lost ends an attempt of which its node did not report.
func (g *grant) lost(ctx context.Context, job ledger.Job, end spec.JobEnd) error {
	var last Progress
	began := len(end.Progress) > 0 && json.Unmarshal(end.Progress, &last) == nil
	if err := g.registerCheckpoint(ctx, last.Checkpoint); err != nil {
		return g.unlessRefused(ctx, err)
	}
	from := reference(last.Checkpoint)
	var err error
	switch end.Stopped {
	case spec.SignalCancelJob:
		_, err = g.session.JobStopped(ctx, g.lease, from)
	case spec.SignalPreemptJob:
		_, err = g.session.PreemptJob(ctx, g.lease, from)
	default:
		what := ledger.Failure{Class: classLost, Message: cut(end.Lost)}
		if !began {
			what.Class = classUnreached
		}
		err = g.requeueLost(ctx, job, what, from)
	}
	return err
}

// requeueLost gives a job back whose attempt was lost. It costs no attempt unless it happened too often: then the
// job may be what kills its nodes. An attempt that did not begin cannot have done that.
func (g *grant) requeueLost(ctx context.Context, job ledger.Job, what ledger.Failure, from string) error {
	before, err := g.earlier(ctx)
	if err != nil {
		return err
	}
	losses := job.Losses
	for _, attempt := range before {
		if attempt.ErrorClass == classLost && attempt.Outcome == ledger.OutcomeRequeued {
			losses++
		}
	}
	requeue := ledger.Requeue{
		Failure: what, AvoidNode: true, ResumeFrom: from,
		Forgive: what.Class == classUnreached || losses < job.MaxLosses,
	}
	if repeated(before, what.Class) > 0 { // the first time the job goes on at once
		requeue.After = backoff(before, what.Class)
	}
	_, err = g.session.RequeueJob(ctx, g.lease, requeue)
	return err
}

// earlier are the attempts before this one, whose ends this one's does not change.
func (g *grant) earlier(ctx context.Context) ([]ledger.Attempt, error) {
	all, err := g.session.Ledger().JobAttempts(ctx, g.JobID)
	if err != nil {
		return nil, err
	}
	for i, attempt := range all {
		if attempt.Token >= g.Token {
			return all[:i], nil
		}
	}
	return all, nil
}

// repeated counts the attempts in a row, up to the last one, that ended with a class.
func repeated(before []ledger.Attempt, class string) int {
	count := 0
	for ; count < len(before) && before[len(before)-1-count].ErrorClass == class; count++ {
	}
	return count
}

// backoff doubles with each attempt in a row that ended with the same class.
func backoff(before []ledger.Attempt, class string) time.Duration {
	const doublings = 6 // from there on it is the most
	return min(workload.RetryBackoffMin<<min(repeated(before, class), doublings), workload.RetryBackoffMax)
}

// failedElsewhere says whether another node has met the same class.
func failedElsewhere(before []ledger.Attempt, class, node string) bool {
	for _, attempt := range before {
		if attempt.ErrorClass == class && attempt.Node != node {
			return true
		}
	}
	return false
}

func failure(decision workload.Decision) ledger.Failure {
	class := decision.Class
	if class == "" { // of a node with another build
		class = string(decision.Action)
	}
	return ledger.Failure{Class: class, Message: decision.Reason}
}

// reference is how the ledger keeps a checkpoint; empty for none.
func reference(from *Checkpoint) string {
	if from == nil {
		return ""
	}
	text, err := json.Marshal(from)
	if err != nil {
		return "" // it has only texts and numbers, which always encode
	}
	return string(text)
}
