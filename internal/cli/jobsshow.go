package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// jobReport is what `jobs show -o json` prints.
type jobReport struct {
	ledger.Job
	Attempts []ledger.Attempt `json:"attempts"`
	Needs    []string         `json:"needs,omitempty"`
	NeededBy []string         `json:"needed_by,omitempty"`
	// Refusals says of each node that cannot run a pending job now why; nil of a job that is not pending.
	Refusals map[string]string `json:"refusals,omitempty"`
	// Progress is how far the running attempt is; Worker runs it. Both are missing while nobody can tell, and
	// ProgressFault says why.
	Progress      *jobs.Progress `json:"progress,omitempty"`
	Worker        string         `json:"worker,omitempty"`
	ProgressFault string         `json:"progress_fault,omitempty"`
}

func (a *app) jobsShow() *cobra.Command {
	var watch bool
	command := &cobra.Command{
		Use: "show ID", Short: "Show a job, its attempts, and how far it is", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, inputs []string) error {
			return a.withQueue(command.Context(), func(l *ledger.Ledger) error {
				if watch {
					return a.watchJob(command.Context(), l, inputs[0])
				}
				report, err := a.lookAtJob(command.Context(), l, inputs[0], a.progressOnce)
				if err != nil {
					return err
				}
				return a.print(report, func(w io.Writer) { writeJob(w, report, a.Now()) })
			})
		},
	}
	command.Flags().BoolVarP(&watch, "watch", "w", false, "go on until the job is over")
	return command
}

// progressOf fills in how far a running job is.
type progressOf func(context.Context, *jobReport)

func (a *app) lookAtJob(ctx context.Context, l *ledger.Ledger, id string, progress progressOf) (report jobReport, err error) {
	if report.Job, err = l.Job(ctx, id); err != nil {
		return report, jobError(err)
	}
	if report.Attempts, err = l.JobAttempts(ctx, id); err != nil {
		return report, err
	}
	if report.Attempts == nil {
		report.Attempts = []ledger.Attempt{}
	}
	if report.Needs, report.NeededBy, err = l.JobDependencies(ctx, id); err != nil {
		return report, err
	}
	if report.Status == ledger.Pending {
		if report.Refusals, err = a.refusals(ctx, l, report.Job); err != nil {
			return report, err
		}
	}
	if report.Status == ledger.Running || report.Status == ledger.Claimed {
		progress(ctx, &report)
	}
	return report, nil
}

// refusals asks of each node what JOB_SCHEDULER asks. While the thresholds are faulty its older ones are not known here.
func (a *app) refusals(ctx context.Context, l *ledger.Ledger, job ledger.Job) (map[string]string, error) {
	policy := jobs.DefaultPolicy()
	if now, err := a.readThresholds(""); err == nil {
		policy.MaxDisk = now.Disk.MaxUsed
	}
	leased, err := l.LeasedJobs(ctx)
	if err != nil {
		return nil, err
	}
	snapshot, err := jobs.Observe(ctx, l, policy, leased)
	if err != nil {
		return nil, err
	}
	return jobs.Refusals(snapshot, policy, job), nil
}

// progressOnce asks over a connection of its own. A job can be shown without it.
func (a *app) progressOnce(ctx context.Context, report *jobReport) {
	err := a.withJobs(ctx, func(workflows jobs.Workflows) error { return report.ask(ctx, workflows) })
	if err != nil {
		report.ProgressFault = err.Error()
	}
}

func (r *jobReport) ask(ctx context.Context, workflows jobs.Workflows) error {
	look, err := workflows.Look(ctx, r.ID)
	if err != nil {
		return err
	}
	if look.Open && look.Token == r.Token {
		r.Progress, r.Worker = look.Progress, look.Worker
	}
	return nil
}

// watchJob shows a job whenever it has changed, until it is over. One that failed is no failure of the command.
func (a *app) watchJob(ctx context.Context, l *ledger.Ledger, id string) error {
	return a.withJobs(ctx, func(workflows jobs.Workflows) error {
		progress := func(ctx context.Context, report *jobReport) {
			if err := report.ask(ctx, workflows); err != nil {
				report.ProgressFault = err.Error()
			}
		}
		ticker := time.NewTicker(watchInterval)
		defer ticker.Stop()
		shown := ""
		for {
			report, err := a.lookAtJob(ctx, l, id, progress)
			switch {
			case ctx.Err() != nil:
				return nil
			case err != nil && !ledger.IsUnavailable(err):
				return err
			case err == nil:
				if shown, err = a.showChange(report, shown); err != nil || report.Status.Final() {
					return err
				}
			}
			select {
			case <-ctx.Done():
				return nil
			case <-ticker.C:
			}
		}
	})
}

// showChange shows a job unless it looks as it did: drawn anew on a screen, else as a line or a document.
func (a *app) showChange(report jobReport, shown string) (string, error) {
	line := progressLine(report)
	switch {
	case a.Terminal && a.output == outputText:
		var screen strings.Builder
		screen.WriteString(clearScreen)
		err := writeTable(&screen, func(w io.Writer) { writeJob(w, report, a.Now()) })
		_, wrote := io.WriteString(a.Out, screen.String())
		return line, errors.Join(err, wrote)
	case line == shown:
		return shown, nil
	case a.output == outputJSON:
		return line, writeJSON(a.Out, report, "")
	}
	_, err := fmt.Fprintln(a.Out, clock(a.Now())+"  "+line)
	return line, err
}

// progressLine is how a job stands, in a line.
func progressLine(report jobReport) string {
	text := string(report.Status)
	if report.Node != "" {
		text += fmt.Sprintf(" on %s, attempt %d", report.Node, max(report.Attempt, 1))
	}
	if report.Progress != nil {
		text += ", " + progressText(*report.Progress)
	}
	if report.ProgressFault != "" {
		text += ", progress unknown"
	}
	if report.Error != "" && report.Status != ledger.Completed {
		text += ", " + aboutJob(report.Job, time.Time{})
	}
	return text
}

func progressText(p jobs.Progress) string {
	text := p.Stage
	switch {
	case p.Total > 0:
		text += fmt.Sprintf(" %.0f of %.0f %s (%.0f %%)", p.Done, p.Total, p.Unit, p.Done/p.Total*100)
	case p.Done > 0:
		text += fmt.Sprintf(" %.0f %s", p.Done, p.Unit)
	}
	if p.Rate > 0 {
		text += fmt.Sprintf(", %.1f a second", p.Rate)
	}
	return strings.TrimSpace(printable([]byte(text)))
}

func writeJob(w io.Writer, report jobReport, now time.Time) {
	row(w, "JOB", report.ID)
	row(w, "KEY", printable([]byte(report.IdempotencyKey)))
	row(w, "KIND", printable([]byte(report.Kind)), orDash(report.ConfigKey))
	row(w, "STATUS", progressLine(report))
	row(w, "RANK", fmt.Sprintf("%s, priority %d", report.Class, report.Priority))
	row(w, "CREATED", moment(now, report.CreatedAt))
	for _, one := range []struct {
		name string
		at   time.Time
	}{{"READY", report.ReadyAt}, {"STARTED", report.StartedAt}, {"FINISHED", report.FinishedAt}} {
		if !one.at.IsZero() {
			row(w, one.name, moment(now, one.at))
		}
	}
	row(w, "NEEDS", needText(report.Resources))
	row(w, "BUDGET", fmt.Sprintf("%d of %d attempts failed, %d losses, %d preemptions", report.failed(), report.MaxAttempts, report.Losses, report.Preemptions))
	if report.Progress != nil && !report.Progress.At.IsZero() {
		row(w, "MOVED ON", moment(now, report.Progress.At))
	}
	if report.ProgressFault != "" {
		row(w, "PROGRESS", "unknown: "+report.ProgressFault)
	}
	if len(report.Needs) > 0 {
		row(w, "WAITS FOR", strings.Join(report.Needs, ", "))
	}
	for _, node := range slices.Sorted(maps.Keys(report.Refusals)) {
		row(w, "NOT ON", fmt.Sprintf("%s: %s", node, printable([]byte(report.Refusals[node]))))
	}
	if about := aboutJob(report.Job, now); about != "" {
		row(w, "ABOUT", about)
	}
	row(w, "REQUEST", printable(report.Request))
	if len(report.Result) > 0 {
		row(w, "RESULT", printable(report.Result))
	}
	writeAttempts(w, report.Attempts, now)
}

// failed is how many attempts count against the budget and are over.
func (r jobReport) failed() int64 {
	if r.Status == ledger.Running || r.Status == ledger.Completed {
		return max(0, r.Spent()-1)
	}
	return r.Spent()
}

func needText(need ledger.Resources) string {
	text := fmt.Sprintf("%g cores", max(need.CPU, 1))
	if need.MemMB > 0 {
		text += fmt.Sprintf(", %d MiB", need.MemMB)
	}
	if need.GPU > 0 {
		text += fmt.Sprintf(", %s", count(int(need.GPU), "GPU"))
	}
	return text
}

func writeAttempts(w io.Writer, attempts []ledger.Attempt, now time.Time) {
	if len(attempts) == 0 {
		return
	}
	row(w)
	row(w, "GRANT", "ATTEMPT", "NODE", "CLAIMED", "RAN", "OUTCOME", "ERROR")
	for _, one := range attempts {
		ran := "-"
		if !one.StartedAt.IsZero() {
			end := one.EndedAt
			if end.IsZero() {
				end = now
			}
			ran = span(end.Sub(one.StartedAt))
		}
		fault := one.ErrorClass
		if one.Error != "" {
			fault += ": " + one.Error
		}
		row(w, one.Token, one.Number, one.Node, age(now, one.ClaimedAt)+" ago", ran, orDash(one.Outcome), orDash(printable([]byte(fault))))
	}
}
