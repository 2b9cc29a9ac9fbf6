package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// modelsReport is what `starter models` prints, the newest model first.
type modelsReport struct {
	Models []modelRow `json:"models"`
	Next   string     `json:"next,omitempty"`
}

// modelRow is one model, what it is now and what was decided on it.
type modelRow struct {
	ledger.Model
	Pointers []string `json:"pointers"` // canonical, previous …
	Verdict  string   `json:"verdict,omitempty"`
	Reason   string   `json:"reason,omitempty"`
}

// ratingsReport is what `starter ratings` prints.
type ratingsReport struct {
	Ratings []ledger.RatingSnapshot `json:"ratings"`
}

func (a *app) models() *cobra.Command {
	var config string
	var page ledger.Page
	command := &cobra.Command{
		Use: "models", Short: "List models, the newest first, with their parents and what was decided on them", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.withQueue(command.Context(), func(l *ledger.Ledger) error {
				report, err := modelsOf(command.Context(), l, config, page)
				if err != nil {
					return err
				}
				return a.print(report, func(w io.Writer) { writeModels(w, report, a.Now()) })
			})
		},
	}
	command.Flags().StringVar(&config, "config", "", "only this configuration")
	command.Flags().IntVar(&page.Limit, "limit", 50, "how many at most, up to 1000")
	command.Flags().StringVar(&page.After, "after", "", "the page behind this place, as the page before has told it")
	return command
}

func modelsOf(ctx context.Context, l *ledger.Ledger, config string, page ledger.Page) (modelsReport, error) {
	report := modelsReport{Models: []modelRow{}}
	list, err := l.Models(ctx, config, page)
	if err != nil {
		return report, err
	}
	pointers, err := l.Pointers(ctx, config)
	if err != nil {
		return report, err
	}
	decided, err := decisionsByModel(ctx, l, config)
	if err != nil {
		return report, err
	}
	for _, model := range list.Items {
		row := modelRow{Model: model, Pointers: []string{}}
		for _, pointer := range pointers {
			if pointer.ModelID == model.ID {
				row.Pointers = append(row.Pointers, string(pointer.Name))
			}
		}
		if decision, found := decided[model.ID]; found {
			row.Verdict, row.Reason = decision.Verdict, decision.Reason
		}
		report.Models = append(report.Models, row)
	}
	report.Next = list.Next
	return report, nil
}

// decisionsByModel has the newest decision on each model, of the last thousand.
func decisionsByModel(ctx context.Context, l *ledger.Ledger, config string) (map[string]ledger.Decision, error) {
	list, err := l.Decisions(ctx, "promotion", config, ledger.Page{Limit: 1000})
	if err != nil {
		return nil, err
	}
	found := map[string]ledger.Decision{}
	for _, decision := range list.Items {
		var inputs struct {
			Record struct {
				Evidence struct {
					Candidate struct {
						ModelID string `json:"model_id"`
					} `json:"candidate"`
				} `json:"evidence"`
			} `json:"record"`
		}
		if err := json.Unmarshal(decision.Inputs, &inputs); err != nil {
			return nil, fmt.Errorf("decision %s: %w", decision.Key, err)
		}
		model := inputs.Record.Evidence.Candidate.ModelID
		if _, newer := found[model]; !newer {
			found[model] = decision
		}
	}
	return found, nil
}

func writeModels(w io.Writer, report modelsReport, now time.Time) {
	row(w, "MODEL", "CONFIG", "ITERATION", "PARENT", "IS", "VERDICT", "AGE", "WHY")
	for _, model := range report.Models {
		row(w, model.ID, model.ConfigKey, model.Iteration, names(model.Parents), names(model.Pointers), orDash(model.Verdict),
			age(now, model.CreatedAt), orDash(strings.ReplaceAll(model.Reason, "\n", " ")))
	}
	if report.Next != "" {
		fmt.Fprintf(w, "more: --after %s\n", report.Next)
	}
}

func (a *app) ratings() *cobra.Command {
	var config string
	command := &cobra.Command{
		Use: "ratings", Short: "Show how strong the players of each configuration are, in Elo with 95 % intervals", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.withQueue(command.Context(), func(l *ledger.Ledger) error {
				report, err := ratingsOf(command.Context(), l, config)
				if err != nil {
					return err
				}
				return a.print(report, func(w io.Writer) { writeRatings(w, report) })
			})
		},
	}
	command.Flags().StringVar(&config, "config", "", "only this configuration")
	return command
}

func ratingsOf(ctx context.Context, l *ledger.Ledger, config string) (ratingsReport, error) {
	all, err := l.NewestRatings(ctx)
	report := ratingsReport{Ratings: []ledger.RatingSnapshot{}}
	for _, snapshot := range all {
		if config == "" || config == snapshot.ConfigKey {
			report.Ratings = append(report.Ratings, snapshot)
		}
	}
	return report, err
}

func writeRatings(w io.Writer, report ratingsReport) {
	row(w, "CONFIG", "HARNESS", "PLAYER", "RATING", "LOW", "HIGH", "GAMES")
	for _, snapshot := range report.Ratings {
		for _, rating := range snapshot.Ratings {
			row(w, snapshot.ConfigKey, snapshot.Harness, rating.Participant, fmt.Sprintf("%.0f", rating.Rating),
				fmt.Sprintf("%.0f", rating.Low), fmt.Sprintf("%.0f", rating.High), rating.Games)
		}
	}
}
