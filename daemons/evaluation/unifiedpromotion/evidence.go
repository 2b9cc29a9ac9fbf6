package unifiedpromotion

import (
	"context"
	"errors"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/tournament"
)

const (
	// tournaments of a configuration are looked through.
	tournaments = 50
	// quarantines of a configuration are looked through: more than a policy allows within its time.
	quarantines = 200
)

// office is what the ledger says of a configuration, from which its evidence is put together.
type office struct {
	ledger     *ledger.Ledger
	configKey  string
	players    int
	harness    string
	production ledger.Pointer // sequence 0: it has never moved
	results    []tournament.Result
	ratings    ledger.RatingSnapshot   // in the harness; empty: nobody is rated
	rated      []ledger.RatingSnapshot // in each harness
}

// gather returns all that the ledger knows about the models in office, with the newest ratings of all configurations. What
// it does not know stays unknown.
func gather(ctx context.Context, l *ledger.Ledger, configKey, harness string, ratings []ledger.RatingSnapshot) (e promotion.GuardEvidence, err error) {
	o := office{ledger: l, configKey: configKey, players: bus.ConfigOf(configKey).NumPlayers, harness: harness}
	for _, snapshot := range ratings {
		if snapshot.ConfigKey == configKey {
			o.rated = append(o.rated, snapshot)
		}
		if snapshot.ConfigKey == configKey && snapshot.Harness == harness {
			o.ratings = snapshot
		}
	}
	if err := o.read(ctx); err != nil {
		return e, err
	}
	e = promotion.GuardEvidence{ConfigKey: configKey, Players: o.players}
	if e.JudgedAt, err = l.Now(ctx); err != nil {
		return e, err
	}
	if e.Production, err = o.pointer(ctx); err != nil {
		return e, err
	}
	if e.Fallback, err = o.fallback(ctx); err != nil {
		return e, err
	}
	e.Checks = o.checks(e.Fallback)
	if e.Rollbacks, err = o.rollbacks(ctx); err != nil {
		return e, err
	}
	e.ProductionRating = o.rating(o.production.ModelID)
	e.Canonical, e.HeadToHead, err = o.canonical(ctx)
	return e, err
}

func (o *office) read(ctx context.Context) (err error) {
	o.production, err = o.ledger.Pointer(ctx, o.configKey, ledger.Production)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	all, err := tournament.Results(ctx, o.ledger, o.configKey, tournaments)
	if err != nil {
		return err
	}
	for _, result := range all {
		if result.Counts && result.Harness == o.harness {
			o.results = append(o.results, result)
		}
	}
	return nil
}

// rating is that of a model now; nil: unknown.
func (o *office) rating(model string) *float64 {
	if rated, found := pipeline.RatingOf(o.ratings, model); found {
		return &rated.Rating
	}
	return nil
}

// pointer is where production stands; one that has never moved names no model.
func (o *office) pointer(ctx context.Context) (*promotion.Pointer, error) {
	if o.production.Sequence == 0 {
		return &promotion.Pointer{}, nil
	}
	known, err := o.candidate(ctx, o.production.ModelID)
	if err != nil {
		return nil, err
	}
	return &promotion.Pointer{
		Sequence: o.production.Sequence, ModelID: known.ModelID, SHA256: known.SHA256, Loads: known.Loads, MovedAt: o.production.MovedAt,
	}, nil
}

// fallback is the model that would follow; nil: there is none.
func (o *office) fallback(ctx context.Context) (*promotion.Candidate, error) {
	id, err := pipeline.Fallback(ctx, o.ledger, o.configKey, o.production.ModelID)
	if err != nil || id == "" {
		return nil, err
	}
	known, err := o.candidate(ctx, id)
	return &known, err
}

// checks of the model in production are the tournaments since it came there, the oldest first, in which it has met the
// fallback. Its rating is compared with the fallback's of the same computation: whoever was promoted by a lucky start is
// rated lower later, and may still be the better one.
func (o *office) checks(fallback *promotion.Candidate) []promotion.Check {
	checks := []promotion.Check{}
	if fallback == nil {
		return checks
	}
	for i := len(o.results) - 1; i >= 0; i-- {
		result := o.results[i]
		score := result.Score(o.players, o.production.ModelID, fallback.ModelID)
		if result.MadeAt.Before(o.production.MovedAt) || score.Games() == 0 {
			continue
		}
		check := promotion.Check{CheckID: result.ID, ModelID: o.production.ModelID, Score: &score}
		if rated, found := result.Ratings[o.production.ModelID]; found {
			check.Rating = &rated
		}
		if rated, found := result.Ratings[fallback.ModelID]; found {
			check.Reference = &rated
		}
		checks = append(checks, check)
	}
	return checks
}

// rollbacks are when production was rolled back: each has put a model into quarantine.
func (o *office) rollbacks(ctx context.Context) ([]time.Time, error) {
	list, err := o.ledger.Decisions(ctx, pipeline.DecisionQuarantine, o.configKey, ledger.Page{Limit: quarantines})
	if err != nil {
		return nil, err
	}
	times := []time.Time{}
	for _, one := range list.Items {
		if one.Verdict == verdictRolledBack {
			times = append(times, one.DecidedAt)
		}
	}
	return times, nil
}
