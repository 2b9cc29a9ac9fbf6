package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// cancelJobs marks the jobs in the ledger and tells those that run. The mark alone is enough: their scheduler finds it.
func (a *app) cancelJobs(ctx context.Context, l *ledger.Ledger, ids []string, reason string) error {
	reason = cmp.Or(reason, "asked by "+a.Config.Operator)
	var report jobsReport
	var running []ledger.Job
	var hints []bus.Payload
	var fault error
	for _, id := range ids {
		job, err := l.Session(a.Config.Operator, 0).CancelJob(ctx, id, reason)
		if err != nil {
			fault = jobError(err)
			break
		}
		report.Jobs = append(report.Jobs, job)
		switch {
		case job.Status == ledger.Cancelled:
			hints = append(hints, bus.WorkCancelled{Work: workOf(job), Reason: reason})
		case !job.Status.Final():
			running = append(running, job)
		}
	}
	if len(running) > 0 {
		a.stopRunning(ctx, running, reason)
	}
	if len(hints) > 0 {
		a.hint(ctx, hints)
	}
	return errors.Join(fault, a.printJobs(report))
}

func (a *app) stopRunning(ctx context.Context, running []ledger.Job, reason string) {
	err := a.withJobs(ctx, func(workflows jobs.Workflows) error {
		for _, job := range running {
			stop := spec.JobStop{Actor: a.Config.Operator, Reason: reason}
			if err := workflows.Stop(ctx, job.ID, spec.SignalCancelJob, stop); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		fmt.Fprintln(a.Err, "starter: the running jobs are marked and could not be told yet; JOB_SCHEDULER tells them:", err)
	}
}
