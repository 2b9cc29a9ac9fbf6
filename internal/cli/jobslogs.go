package cli

import (
	"context"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

func (a *app) jobsLogs() *cobra.Command {
	var attempt int64
	var flags logFlags
	command := &cobra.Command{
		Use: "logs ID", Short: "Show what an attempt of a job has told, on whichever node it ran, or follow it", Args: cobra.ExactArgs(1),
		Long: `logs shows what the command of a job has told, and its standard error. They are read from the node on which the
attempt ran, over that worker's HTTP server (HEALTH_ADDR, HEALTH_TOKEN) unless they are in DATA_DIR. Where the ledger
does not answer, the last attempt in DATA_DIR is shown.
With --follow it goes on when the worker is replaced, and ends when the attempt is over; with -o json it then prints a
document a line.`,
		RunE: func(command *cobra.Command, inputs []string) error {
			if err := flags.check(); err != nil {
				return err
			}
			if attempt < 0 {
				return usagef("--attempt %d: choose 1 for the first, 0 for the last", attempt)
			}
			return a.showJobLogs(command.Context(), inputs[0], attempt, flags)
		},
	}
	command.Flags().Int64Var(&attempt, "attempt", 0, "which attempt; default the last one that ran")
	command.Flags().BoolVarP(&flags.follow, "follow", "f", false, "wait for more, until the attempt is over")
	command.Flags().IntVarP(&flags.lines, "lines", "n", 200, "how many of the last lines of each kind")
	return command
}

// showJobLogs reads both logs of an attempt: one after the other, or side by side while they are followed.
func (a *app) showJobLogs(ctx context.Context, id string, attempt int64, flags logFlags) error {
	ran, err := a.findRun(ctx, id, attempt)
	if err != nil {
		return err
	}
	screen := &jobScreen{app: a, id: id, attempt: ran.number, live: flags.follow}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(1)
	if flags.follow {
		group.SetLimit(2)
	}
	for _, faults := range []bool{false, true} {
		group.Go(func() error { return newJobLog(a, ran, flags, faults, screen).show(ctx) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return screen.end()
}
