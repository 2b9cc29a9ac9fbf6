package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/selfplay"
	"github.com/ringrift/orchestrator/internal/spec"
)

// loopReport is what `starter loop` prints.
type loopReport struct {
	Loops []loopRow `json:"loops"`
}

// loopRow is where the training loop of one configuration is.
type loopRow struct {
	ConfigKey string         `json:"config_key"`
	Iteration int64          `json:"iteration"`
	Stage     string         `json:"stage"` // of an iteration that has ended its verdict
	Since     *time.Time     `json:"since"`
	NewGames  int64          `json:"new_games"` // that no iteration has taken
	Samples   *int64         `json:"samples"`   // of the newest dataset; null: there is none
	Candidate string         `json:"candidate,omitempty"`
	Canonical string         `json:"canonical,omitempty"`
	Promoted  int64          `json:"promotions"` // how often the canonical model has changed since generation 0
	Rating    *ledger.Rating `json:"rating"`     // of the canonical model; null: unknown
	Waiting   string         `json:"waiting,omitempty"`
}

func (a *app) loop() *cobra.Command {
	command := &cobra.Command{
		Use: "loop", Short: "Show where the training loop of each configuration is", Args: cobra.NoArgs,
		Long: `Each configuration has a loop of its own: games are played, become a dataset, a candidate is trained on it and judged,
and the best one plays the next games. Its workflow is pipeline/<config>.`,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.withQueue(command.Context(), func(l *ledger.Ledger) error {
				report, err := a.loops(command.Context(), l)
				if err != nil {
					return err
				}
				return a.print(report, func(w io.Writer) { writeLoops(w, report, a.Now()) })
			})
		},
	}
	command.AddCommand(a.loopHold(spec.VerbPause, "Hold a training loop before its next stage"), a.loopHold(spec.VerbResume, "Let a training loop go on"))
	return command
}

func (a *app) loopHold(verb spec.Verb, short string) *cobra.Command {
	held := spec.Command{}
	command := &cobra.Command{
		Use: string(verb) + " CONFIG", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			held.Actor = a.Config.Operator
			return a.withFleet(command.Context(), func(fleet *control.Client) error {
				if err := fleet.Pipelines().Hold(command.Context(), arguments[0], verb, held); err != nil {
					return err
				}
				return a.print(map[string]any{"config_key": arguments[0], "verb": verb}, func(w io.Writer) { fmt.Fprintf(w, "%s: told to %s\n", arguments[0], verb) })
			})
		},
	}
	command.Flags().StringVar(&held.Reason, "reason", "", "why; each reason is a pause of its own")
	if verb == spec.VerbPause {
		command.Flags().StringVar(&held.For, "for", "", "for how long, such as 30m; default until resumed")
	}
	return command
}

// loops are the configurations that are planned for or have a model.
func (a *app) loops(ctx context.Context, l *ledger.Ledger) (loopReport, error) {
	report := loopReport{Loops: []loopRow{}}
	keys, err := loopKeys(ctx, l)
	if err != nil {
		return report, err
	}
	ratings, err := l.NewestRatings(ctx)
	if err != nil {
		return report, err
	}
	for _, key := range keys {
		row, err := loopOf(ctx, l, key, ratings)
		if err != nil {
			return report, err
		}
		report.Loops = append(report.Loops, row)
	}
	return report, nil
}

func loopKeys(ctx context.Context, l *ledger.Ledger) ([]string, error) {
	known := map[string]bool{}
	pointers, err := l.Pointers(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, pointer := range pointers {
		known[pointer.ConfigKey] = true
	}
	plan, err := selfplay.Latest(ctx, l)
	if err != nil {
		return nil, err
	}
	if plan != nil {
		for _, config := range plan.Configs {
			known[config.Key] = true
		}
	}
	return slices.Sorted(maps.Keys(known)), nil
}

func loopOf(ctx context.Context, l *ledger.Ledger, key string, ratings []ledger.RatingSnapshot) (loopRow, error) {
	row := loopRow{ConfigKey: key, Stage: string(spec.StageIdle)}
	uncut, err := l.Uncut(ctx, key)
	if err != nil {
		return row, err
	}
	row.NewGames = uncut.Games
	if err := row.addIteration(ctx, l); err != nil {
		return row, err
	}
	return row, row.addCanonical(ctx, l, ratings)
}

// addIteration tells of the last iteration, open or not.
func (r *loopRow) addIteration(ctx context.Context, l *ledger.Ledger) error {
	last, found, err := l.LastIteration(ctx, r.ConfigKey)
	if err != nil || !found {
		return err
	}
	r.Iteration, r.Stage, r.Since = last.Number, last.Stage, optional(last.UpdatedAt)
	if last.Outcome != "" {
		r.Stage, r.Since = last.Outcome, optional(last.EndedAt)
	}
	stages, err := l.StagesOf(ctx, r.ConfigKey, last.Number)
	if err != nil {
		return err
	}
	for _, stage := range stages {
		if stage.State == ledger.StageOrdered {
			r.Stage, r.Since, r.Waiting = stage.Stage, optional(stage.OrderedAt), stage.Waiting
		} else if stage.State == ledger.StageFailed && last.Outcome == "" {
			r.Waiting = fmt.Sprintf("attempt %d of %s has failed: %s", stage.Attempt, stage.Stage, stage.Error)
		}
	}
	combined, err := pipeline.Result[pipeline.Combined](ctx, l, r.ConfigKey, last.Number, spec.StageCombining)
	if err == nil {
		r.Samples = &combined.Samples
	} else if !errors.Is(err, pipeline.ErrMissing) {
		return err
	}
	trained, err := pipeline.Result[pipeline.Trained](ctx, l, r.ConfigKey, last.Number, spec.StageTraining)
	if err == nil {
		r.Candidate = trained.ModelID
	} else if !errors.Is(err, pipeline.ErrMissing) {
		return err
	}
	return nil
}

// addCanonical tells of the canonical model and its rating.
func (r *loopRow) addCanonical(ctx context.Context, l *ledger.Ledger, ratings []ledger.RatingSnapshot) error {
	pointer, err := l.Pointer(ctx, r.ConfigKey, ledger.Canonical)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	r.Canonical, r.Promoted = pointer.ModelID, pointer.Sequence-1
	if r.Candidate == r.Canonical {
		r.Candidate = ""
	}
	for _, snapshot := range ratings {
		at := slices.IndexFunc(snapshot.Ratings, func(one ledger.Rating) bool { return one.Participant == r.Canonical })
		if snapshot.ConfigKey == r.ConfigKey && at >= 0 {
			r.Rating = &snapshot.Ratings[at]
			break
		}
	}
	return nil
}

func writeLoops(w io.Writer, report loopReport, now time.Time) {
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
}

// ratingText is a rating with half the width of its 95 % interval.
func ratingText(rating *ledger.Rating) string {
	if rating == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f ± %.0f", rating.Rating, (rating.High-rating.Low)/2)
}
