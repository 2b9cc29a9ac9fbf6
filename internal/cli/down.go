package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

// defaultDown leaves every layer of the graph the time that its slowest daemon may take to stop.
const defaultDown = 5 * time.Minute

func (a *app) down() *cobra.Command {
	var command spec.Command
	var timeout time.Duration
	down := &cobra.Command{
		Use:   "down",
		Short: "Stop every daemon, dependents first; the next up continues where it was",
		Long: "Stops every daemon in reverse order of dependency and says how each ended. What is desired of a daemon\n" +
			"is not touched: one that was stopped or paused before is so after the next up.",
		Args: cobra.NoArgs,
		RunE: func(cobra *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cobra.Context(), timeout)
			defer cancel()
			return a.withFleet(ctx, func(fleet *control.Client) error {
				result, err := fleet.Down(ctx, command)
				if err != nil {
					return unanswered(err, timeout, "starter status")
				}
				result.Outcomes = orEmpty(result.Outcomes)
				return a.print(result, func(w io.Writer) { writeDown(w, result) })
			})
		},
	}
	down.Flags().StringVar(&command.Reason, "reason", "", "why, for the record")
	down.Flags().DurationVar(&timeout, "timeout", defaultDown, "how long it may take; exit code 3 says that it was not in time")
	return down
}

func writeDown(w io.Writer, result spec.DownResult) {
	counts := map[spec.StopOutcome]int{}
	for _, stop := range result.Outcomes {
		row(w, control.Target{Type: stop.Daemon, Node: stop.Node}, stop.Outcome)
		counts[stop.Outcome]++
	}
	var parts []string
	for _, outcome := range []spec.StopOutcome{spec.StopClean, spec.StopAbandoned, spec.StopIdle} {
		if counts[outcome] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[outcome], outcome))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, "nothing was running")
	}
	fmt.Fprintf(w, "down: %s\n", strings.Join(parts, ", "))
}
