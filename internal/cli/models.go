package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/progress"
	"github.com/ringrift/orchestrator/internal/promotion"
)

func (a *app) models() *cobra.Command {
	var config string
	var page ledger.Page
	command := &cobra.Command{
		Use: "models", Short: "List models, the newest first, with their parents and what was decided on them", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.withQueue(command.Context(), func(l *ledger.Ledger) error {
				report, err := progress.ReadModels(command.Context(), l, config, page)
				if err != nil {
					return err
				}
				if err := a.checkFilter(command.Context(), len(report.Models), config); err != nil {
					return err
				}
				return a.print(report, func(w io.Writer) { writeModels(w, report, a.Now()) })
			})
		},
	}
	command.Flags().StringVar(&config, "config", "", "only this configuration")
	command.Flags().IntVar(&page.Limit, "limit", progress.ModelsPerPage, "how many at most, up to 1000")
	command.Flags().StringVar(&page.After, "after", "", "the page behind this place, as the page before has told it")
	return command
}

func writeModels(w io.Writer, report progress.Models, now time.Time) {
	row(w, "MODEL", "CONFIG", "ITERATION", "PARENT", "IS", "VERDICT", "AGE", "WHY")
	for _, model := range report.Models {
		row(w, model.ID, model.ConfigKey, model.Iteration, names(model.Parents), names(model.Pointers), orDash(verdict(model)),
			age(now, model.CreatedAt), motive(model))
	}
	if report.Next != "" {
		fmt.Fprintf(w, "more: --after %s\n", report.Next)
	}
}

// verdict is what was decided on a model last: one that was taken back is in quarantine, whatever was thought of it before.
func verdict(model progress.Model) string {
	if model.Quarantined != nil {
		return model.Quarantined.Verdict
	}
	return model.Verdict
}

// motive is why that was decided, and what is decided about production if that is about the model.
func motive(model progress.Model) string {
	reason := model.Reason
	if model.Quarantined != nil {
		reason = model.Quarantined.Reason
	}
	served := slices.Contains(model.Pointers, string(ledger.Production)) // and stays: that is no news
	if made := model.Production; made != nil && model.Quarantined == nil && !(served && made.Verdict == string(promotion.Hold)) {
		if reason != "" {
			reason += "; "
		}
		reason += fmt.Sprintf("production: %s, %s", made.Verdict, made.Reason)
	}
	return orDash(strings.ReplaceAll(reason, "\n", " "))
}

func (a *app) ratings() *cobra.Command {
	var config string
	command := &cobra.Command{
		Use: "ratings", Short: "Show how strong the players of each configuration are, in Elo with 95 % intervals", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.withQueue(command.Context(), func(l *ledger.Ledger) error {
				report, err := progress.ReadRatings(command.Context(), l, config)
				if err != nil {
					return err
				}
				if err := a.checkFilter(command.Context(), len(report.Ratings), config); err != nil {
					return err
				}
				return a.print(report, func(w io.Writer) { writeRatings(w, report) })
			})
		},
	}
	command.Flags().StringVar(&config, "config", "", "only this configuration")
	return command
}

func writeRatings(w io.Writer, report progress.Ratings) {
	row(w, "CONFIG", "HARNESS", "PLAYER", "RATING", "LOW", "HIGH", "GAMES", "IS")
	for _, snapshot := range report.Ratings {
		for _, rating := range snapshot.Ratings {
			row(w, snapshot.ConfigKey, snapshot.Harness, rating.Participant, fmt.Sprintf("%.0f", rating.Rating),
				fmt.Sprintf("%.0f", rating.Low), fmt.Sprintf("%.0f", rating.High), rating.Games, names(report.Is[rating.Participant]))
		}
	}
}
