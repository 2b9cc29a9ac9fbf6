package selfplaycoordinator

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/quality"
	"github.com/ringrift/orchestrator/internal/selfplay"
	"github.com/ringrift/orchestrator/internal/workload"
)

// readyShare of what the next training needs may be missing for it to count as nearly there.
const readyShare = .2

// candidate is one configuration that may be played.
type candidate struct {
	key      string
	workload *workload.Workload
	model    *jobs.Input // nil: there is no canonical model yet
	required int64
	features selfplay.Features
	plan     feedback.Plan // of its training, as it holds now
}

// look reads what the plan follows from. A configuration that is not offered, or that nobody wants trained any more,
// is none.
func (c *coordinator) look(ctx context.Context, l *ledger.Ledger, settings Settings, seen *round) ([]candidate, error) {
	totals, err := l.GameTotals(ctx)
	if err != nil {
		return nil, err
	}
	games := map[string]int64{}
	for _, total := range totals {
		games[total.ConfigKey] = total.Games
	}
	judged, err := quality.Read(ctx, c.rt.Bus.Client(), quality.Limits{})
	if err != nil {
		return nil, err
	}
	var found []candidate
	for _, key := range c.config.Configs() {
		offered, _, err := c.config.Workloads.Of(key)
		if err != nil {
			seen.findings = append(seen.findings, err.Error())
			continue
		}
		terms := c.config.Terms(key)
		facts, err := pipeline.Observe(ctx, l, key, terms)
		if err != nil {
			return nil, err
		}
		if !facts.Wanted {
			continue
		}
		one := candidate{key: key, workload: offered, required: facts.Required}
		if one.model, err = canonical(ctx, l, key); err != nil {
			return nil, err
		}
		if one.plan, err = feedback.Latest(ctx, l, key); err != nil {
			return nil, err
		}
		one.plan = one.plan.At(facts.At)
		missing := 1 - float64(facts.NewGames)/float64(facts.Required)
		one.features = selfplay.Features{
			Need: math.Max(0, missing), Information: .5, Weight: 1, Exploration: one.plan.Values.Exploration,
			Bootstrap: games[key] < settings.BootstrapGames,
		}
		if standing, known := judged.Of(key); known {
			one.features.Quality = &standing.Mean
		}
		if missing <= readyShare {
			one.features.Ready = 1
		}
		if err := rated(ctx, l, key, terms.Targets, &one.features); err != nil {
			return nil, err
		}
		if err := stale(ctx, l, key, facts.At, &one.features); err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, nil
}

// weigh adds the weights of the curriculum; who has none weighs 1.
func weigh(candidates []candidate, weights feedback.Weights, now time.Time) {
	for i := range candidates {
		candidates[i].features.Weight = weights.Of(candidates[i].key, now)
	}
}

// canonical is the model that plays.
func canonical(ctx context.Context, l *ledger.Ledger, key string) (*jobs.Input, error) {
	model, err := pipeline.CanonicalModel(ctx, l, key)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	input, err := pipeline.ModelInput(ctx, l, "canonical", model)
	return &input, err
}

// rated adds what the ratings say; without one the features stay neutral.
func rated(ctx context.Context, l *ledger.Ledger, key string, targets pipeline.Targets, features *selfplay.Features) error {
	pointer, err := l.Pointer(ctx, key, ledger.Canonical)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	snapshot, err := l.Ratings(ctx, key, targets.Harness)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("ratings of %s: %w", key, err)
	}
	for _, rating := range snapshot.Ratings {
		if rating.Participant != pointer.ModelID {
			continue
		}
		if targets.Elo > 0 {
			features.Gap = math.Min(1, math.Max(0, (targets.Elo-rating.Rating)/500))
		}
		uncertain := math.Min(1, (rating.High-rating.Low)/2/300)
		features.Information = .4*uncertain + .3*features.Gap + .3*.5
	}
	return nil
}

// stale grows from the end of the first to that of the fourth hour since the last iteration moved on.
func stale(ctx context.Context, l *ledger.Ledger, key string, now time.Time, features *selfplay.Features) error {
	last, found, err := l.LastIteration(ctx, key)
	if err != nil || !found {
		return err
	}
	features.Staleness = math.Min(1, math.Max(0, (now.Sub(last.UpdatedAt).Hours()-1)/3))
	return nil
}
