package cli

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/ledger"
)

func (a *app) jobsList() *cobra.Command {
	var filter ledger.JobFilter
	var page ledger.Page
	var statuses []string
	command := &cobra.Command{
		Use: "list", Short: "List jobs, the newest first", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			var err error
			if filter.Statuses, err = parseStatuses(statuses); err != nil {
				return err
			}
			return a.withQueue(command.Context(), func(l *ledger.Ledger) error {
				list, err := l.Jobs(command.Context(), filter, page)
				if err != nil {
					return err
				}
				if err := a.checkFilter(command.Context(), len(list.Items), filter.ConfigKey); err != nil {
					return err
				}
				if len(list.Items) == 0 && filter.Node != "" {
					if _, err := nodeNamed(command.Context(), l, filter.Node); err != nil {
						return err
					}
				}
				return a.printJobs(jobsReport{Jobs: list.Items, Next: list.Next})
			})
		},
	}
	set := command.Flags()
	set.StringSliceVar(&statuses, "status", nil, "only these: waiting, pending, claimed, running, completed, failed, cancelled")
	set.StringVar(&filter.Kind, "kind", "", "only this kind")
	set.StringVar(&filter.ConfigKey, "config", "", "only this configuration")
	set.StringVar(&filter.Node, "node", "", "only those that this node has, or had at their end")
	set.StringVar(&filter.IterationID, "iteration", "", "only those of this iteration")
	set.IntVar(&page.Limit, "limit", 50, "how many at most, up to 1000")
	set.StringVar(&page.After, "after", "", "the page behind this place, as the page before has told it")
	complete(command, "status", statusNames()...)
	return command
}

func statusNames() []string {
	return []string{
		string(ledger.Waiting), string(ledger.Pending), string(ledger.Claimed), string(ledger.Running),
		string(ledger.Completed), string(ledger.Failed), string(ledger.Cancelled),
	}
}

func parseStatuses(texts []string) (statuses []ledger.Status, err error) {
	for _, text := range texts {
		if !slices.Contains(statusNames(), text) {
			return nil, usagef("--status %q: choose of %s", text, names(statusNames()))
		}
		statuses = append(statuses, ledger.Status(text))
	}
	return statuses, nil
}

func writeJobs(w io.Writer, report jobsReport, now time.Time) {
	row(w, "JOB", "KIND", "CONFIG", "CLASS", "PRIORITY", "STATUS", "NODE", "ATTEMPT", "AGE", "ABOUT")
	for _, job := range report.Jobs {
		row(w, job.ID, printable([]byte(job.Kind)), orDash(job.ConfigKey), job.Class, job.Priority, job.Status, orDash(job.Node), job.Attempt,
			age(now, job.CreatedAt), orDash(aboutJob(job, now)))
	}
	if report.Next != "" {
		fmt.Fprintf(w, "more: --after %s\n", report.Next)
	}
}

// aboutJob is what most needs to be known of a job, in a line.
func aboutJob(job ledger.Job, now time.Time) string {
	const most = 100
	text := ""
	switch {
	case !job.CancelRequestedAt.IsZero() && !job.Status.Final():
		text = "is to be cancelled: " + job.CancelReason
	case job.Error != "":
		text = job.ErrorClass + ": " + job.Error
	case job.Status == ledger.Waiting:
		text = "for " + count(int(job.WaitingFor), "job")
	case job.Status == ledger.Pending && job.ReadyAt.After(now):
		text = "not before " + moment(now, job.ReadyAt)
	}
	if runes := []rune(printable([]byte(text))); len(runes) > most {
		return string(runes[:most]) + "…"
	} else {
		return string(runes)
	}
}
