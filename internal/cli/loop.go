package cli

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/progress"
	"github.com/ringrift/orchestrator/internal/spec"
)

func (a *app) loop() *cobra.Command {
	command := &cobra.Command{
		Use: "loop", Short: "Show where the training loop of each configuration is", Args: cobra.NoArgs,
		Long: `Each configuration has a loop of its own: games are played, become a dataset, a candidate is trained on it and judged,
and the best one plays the next games. Its workflow is pipeline/<config>.`,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.withQueue(command.Context(), func(l *ledger.Ledger) error {
				report, err := progress.ReadLoops(command.Context(), l)
				if err != nil {
					return err
				}
				return a.print(report, func(w io.Writer) {
					writeLoops(w, report, a.Now())
					if _, err := a.readThresholds(""); err != nil {
						fmt.Fprintf(w, "\nolder thresholds are in force: %v\n", err)
					}
				})
			})
		},
	}
	command.AddCommand(a.loopHold(spec.VerbPause, "Hold a training loop before its next stage"), a.loopHold(spec.VerbResume, "Let a training loop go on"),
		a.loopPlan(), a.loopStart(), a.loopStop(), a.loopRuns())
	return command
}

func (a *app) loopHold(verb spec.Verb, short string) *cobra.Command {
	held := spec.Command{}
	command := &cobra.Command{
		Use: string(verb) + " CONFIG", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			held.Actor = a.Config.Operator
			if err := checkLength(held.For); err != nil {
				return err
			}
			return a.withFleet(command.Context(), func(fleet *control.Client) error {
				err := fleet.Pipelines().Hold(command.Context(), arguments[0], verb, held)
				if is[*control.RefusedError](err) { // it does not run, perhaps since there is none of this name
					err = cmp.Or(a.checkConfigs(command.Context(), "CONFIG", arguments[0]), err)
				}
				if err != nil {
					return err
				}
				return a.print(map[string]any{"config_key": arguments[0], "verb": verb}, func(w io.Writer) { fmt.Fprintf(w, "%s: told to %s\n", arguments[0], verb) })
			})
		},
	}
	command.Flags().StringVar(&held.Reason, "reason", "", reasonHelp(verb))
	if verb == spec.VerbPause {
		command.Flags().StringVar(&held.For, "for", "", "for how long, such as 30m; default until resumed")
	}
	return command
}

func writeLoops(w io.Writer, report progress.Loops, now time.Time) {
	row(w, "CONFIG", "ITERATION", "STAGE", "SINCE", "NEW GAMES", "SAMPLES", "CANDIDATE", "CANONICAL", "PROMOTIONS", "RATING", "WAITS FOR")
	for _, one := range report.Loops {
		samples, since := "-", "-"
		if one.Samples != nil {
			samples = fmt.Sprint(*one.Samples)
		}
		if one.Since != nil {
			since = age(now, *one.Since)
		}
		row(w, one.ConfigKey, one.Iteration, one.Stage, since, one.NewGames, samples, orDash(one.Candidate), orDash(one.Canonical),
			one.Promoted, ratingText(one.Rating), orDash(one.Waiting))
	}
	for _, one := range report.Loops {
		for _, left := range one.LeftOut {
			fmt.Fprintf(w, "%s: iteration %d goes on without the corrupt file %.16s of iteration %d (%d games): %s\n",
				one.ConfigKey, one.Iteration, left.SHA256, left.Iteration, left.Games, left.Reason)
		}
	}
}

// ratingText is a rating with half the width of its 95 % interval.
func ratingText(rating *ledger.Rating) string {
	if rating == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f ± %.0f", rating.Rating, (rating.High-rating.Low)/2)
}
