package progress

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/selfplay"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Loops is what `starter loop` prints.
type Loops struct {
	Loops []Loop `json:"loops"`
}

// Loop is where the training loop of one configuration is.
type Loop struct {
	ConfigKey string         `json:"config_key"`
	Iteration int64          `json:"iteration"`
	Stage     string         `json:"stage"` // of an iteration that has ended its verdict
	Since     *time.Time     `json:"since"`
	NewGames  int64          `json:"new_games"` // that no iteration has taken
	Samples   *int64         `json:"samples"`   // of the iteration's dataset; null: it is not made yet
	Candidate string         `json:"candidate,omitempty"`
	Canonical string         `json:"canonical,omitempty"`
	Promoted  int64          `json:"promotions"` // how often the canonical model has changed since generation 0
	Rating    *ledger.Rating `json:"rating"`     // of the canonical model; null: unknown
	Waiting   string         `json:"waiting,omitempty"`
	// LeftOut are files that the iteration goes on without: they are corrupt, and there is no good copy.
	LeftOut []pipeline.LeftOut `json:"left_out,omitempty"`
	Plan    LoopPlan           `json:"plan"`
	Weight  float64            `json:"curriculum_weight"` // beside the others; 1 is neutral
}

// LoopPlan is how a configuration is trained and played now.
type LoopPlan struct {
	Version string          `json:"plan_version,omitempty"` // empty: nobody has made one
	Values  feedback.Values `json:"values"`
	Text    string          `json:"text"`   // what it changes
	Causes  []string        `json:"causes"` // what it follows from
}

// ReadLoops tells of the configurations that are planned for or have a model, by their names.
func ReadLoops(ctx context.Context, l *ledger.Ledger) (Loops, error) {
	report := Loops{Loops: []Loop{}}
	keys, err := Configs(ctx, l)
	if err != nil {
		return report, err
	}
	ratings, err := l.NewestRatings(ctx)
	if err != nil {
		return report, err
	}
	for _, key := range keys {
		row, err := readLoop(ctx, l, key, ratings)
		if err != nil {
			return report, err
		}
		report.Loops = append(report.Loops, row)
	}
	return report, nil
}

// Configs are the configurations that are planned for or have a model, by their names.
func Configs(ctx context.Context, l *ledger.Ledger) ([]string, error) {
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

func readLoop(ctx context.Context, l *ledger.Ledger, key string, ratings []ledger.RatingSnapshot) (Loop, error) {
	row := Loop{ConfigKey: key, Stage: string(spec.StageIdle)}
	uncut, err := l.Uncut(ctx, key)
	if err != nil {
		return row, err
	}
	row.NewGames = uncut.Games
	if err := row.addIteration(ctx, l); err != nil {
		return row, err
	}
	if err := row.addCanonical(ctx, l, ratings); err != nil {
		return row, err
	}
	return row, row.addFeedback(ctx, l)
}

// addFeedback tells of the plan and the weight that hold now.
func (r *Loop) addFeedback(ctx context.Context, l *ledger.Ledger) error {
	now, err := l.Now(ctx)
	if err != nil {
		return err
	}
	plan, err := feedback.Latest(ctx, l, r.ConfigKey)
	if err != nil {
		return err
	}
	plan = plan.At(now)
	r.Plan = LoopPlan{Version: plan.Version, Values: plan.Values, Text: plan.Values.String(), Causes: plan.Why()}
	weights, err := feedback.LatestWeights(ctx, l)
	r.Weight = weights.Of(r.ConfigKey, now)
	return err
}

// addIteration tells of the last iteration, open or not.
func (r *Loop) addIteration(ctx context.Context, l *ledger.Ledger) error {
	last, found, err := l.LastIteration(ctx, r.ConfigKey)
	if err != nil || !found {
		return err
	}
	r.Iteration, r.Stage, r.Since = last.Number, last.Stage, moment(last.UpdatedAt)
	switch {
	case last.Outcome != "":
		r.Stage, r.Since = last.Outcome, moment(last.EndedAt)
	case last.Stage == string(spec.StageCollecting): // nobody has been told to do something
		r.Waiting = "more new games"
	}
	stages, err := l.StagesOf(ctx, r.ConfigKey, last.Number)
	if err != nil {
		return err
	}
	for _, stage := range stages { // the last one tells
		switch {
		case stage.State == ledger.StageOrdered:
			r.Stage, r.Since, r.Waiting = stage.Stage, moment(stage.OrderedAt), stage.Waiting
		case stage.State == ledger.StageFailed && last.Outcome == "":
			r.Waiting = fmt.Sprintf("attempt %d of %s has failed: %s", stage.Attempt, stage.Stage, stage.Error)
		default:
			r.Waiting = ""
		}
	}
	if r.LeftOut, err = pipeline.LeftOutOf(ctx, l, r.ConfigKey, last.Number); err != nil {
		return err
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
func (r *Loop) addCanonical(ctx context.Context, l *ledger.Ledger, ratings []ledger.RatingSnapshot) error {
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
		if rating, found := pipeline.RatingOf(snapshot, r.Canonical); found && snapshot.ConfigKey == r.ConfigKey {
			r.Rating = &rating
			break
		}
	}
	return nil
}

// moment is a time for JSON: null if there is none.
func moment(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}
