package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// hintTimeout bounds the telling of what the scheduler would find by itself.
const hintTimeout = 3 * time.Second

func (a *app) jobs() *cobra.Command {
	command := &cobra.Command{
		Use:   "jobs",
		Short: "Put work into the queue, look at it, and take it out",
		Long: `A job is one run of a workload's command. The ledger keeps the queue; JOB_SCHEDULER gives jobs to nodes.

A job is waiting (for other jobs), pending (for a node), claimed (by a node), running, and then completed, failed or
cancelled.`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(a.jobsList(), a.jobsShow(), a.jobsSubmit(), a.jobsCancel(), a.jobsRetry(), a.jobsLogs())
	return command
}

// withQueue runs act with the ledger, whose refusals have exit codes of their own.
func (a *app) withQueue(ctx context.Context, act func(*ledger.Ledger) error) error {
	return ledgerError(a.withLedger(ctx, func(_ context.Context, l *ledger.Ledger) error { return act(l) }))
}

// ledgerError gives the ledger's refusals their exit codes.
func ledgerError(err error) error {
	switch {
	case errors.Is(err, ledger.ErrNotFound), errors.Is(err, ledger.ErrInvalid):
		return usageError{err}
	case errors.Is(err, ledger.ErrConflict):
		return refusef("%v", err)
	}
	return err
}

// jobError says where the jobs are listed, of one that there is not.
func jobError(err error) error {
	if errors.Is(err, ledger.ErrNotFound) {
		return fmt.Errorf("%w: `starter jobs list` names those that there are", err)
	}
	return err
}

// withJobs runs act with the running jobs.
func (a *app) withJobs(ctx context.Context, act func(jobs.Workflows) error) error {
	return a.withFleet(ctx, func(fleet *control.Client) error { return act(fleet.Jobs()) })
}

// hint tells the scheduler what it would find by itself a few seconds later. That it cannot be told is no fault of
// the command.
func (a *app) hint(ctx context.Context, payloads []bus.Payload) {
	ctx, cancel := context.WithTimeout(ctx, hintTimeout)
	defer cancel()
	_ = a.withBus(ctx, func(client *bus.Client) error {
		session := client.Session("", "", 0)
		for _, payload := range payloads {
			event, err := bus.NewEvent(payload, bus.Origin{Source: a.Config.Operator, Node: a.Config.NodeID, OccurredAt: a.Now()})
			if err != nil {
				return err
			}
			if err := session.PublishEvent(ctx, event); err != nil {
				return err
			}
		}
		return nil
	})
}

func workOf(job ledger.Job) bus.Work {
	return bus.Work{
		Config: bus.ConfigOf(job.ConfigKey), JobID: job.ID, Kind: job.Kind, Priority: job.Priority, NodeID: job.Node,
		Attempt: job.Attempt, Token: job.Token,
	}
}

// jobsReport is what cancel, retry and list print with -o json.
type jobsReport struct {
	Jobs []ledger.Job `json:"jobs"`
	// Next is the place where the next page of a list begins, empty on the last one.
	Next string `json:"next,omitempty"`
}

func (a *app) jobsCancel() *cobra.Command {
	var reason string
	command := &cobra.Command{
		Use: "cancel ID...", Short: "End jobs, wherever they are", Args: cobra.MinimumNArgs(1),
		RunE: func(command *cobra.Command, ids []string) error {
			return a.withQueue(command.Context(), func(l *ledger.Ledger) error {
				return a.cancelJobs(command.Context(), l, ids, reason)
			})
		},
	}
	command.Flags().StringVar(&reason, "reason", "", "why, for the record; default who asked")
	return command
}

func (a *app) jobsRetry() *cobra.Command {
	return &cobra.Command{
		Use: "retry ID...", Short: "Give failed or cancelled jobs a new budget of attempts", Args: cobra.MinimumNArgs(1),
		RunE: func(command *cobra.Command, ids []string) error {
			return a.withQueue(command.Context(), func(l *ledger.Ledger) error {
				return a.retryJobs(command.Context(), l, ids)
			})
		},
	}
}

func (a *app) retryJobs(ctx context.Context, l *ledger.Ledger, ids []string) error {
	var report jobsReport
	var hints []bus.Payload
	for _, id := range ids {
		job, err := l.Session(a.Config.Operator, 0).RetryJob(ctx, id)
		if err != nil {
			return errors.Join(jobError(err), a.printJobs(report))
		}
		report.Jobs = append(report.Jobs, job)
		hints = append(hints, bus.WorkQueued{Work: workOf(job)})
	}
	a.hint(ctx, hints)
	return a.printJobs(report)
}

func (a *app) printJobs(report jobsReport) error {
	if report.Jobs == nil {
		report.Jobs = []ledger.Job{}
	}
	return a.print(report, func(w io.Writer) { writeJobs(w, report, a.Now()) })
}
