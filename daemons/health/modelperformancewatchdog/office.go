package modelperformancewatchdog

import (
	"context"
	"errors"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// office is a pointer that is watched, and the model that holds it.
type office struct {
	Name    ledger.PointerName `json:"office"` // canonical or production
	ModelID string             `json:"model_id"`
	// Tenure is the pointer's sequence: a model that comes back begins another one.
	Tenure int64 `json:"tenure"`
}

// offices are those of a configuration. A model that holds both is watched in the higher one.
func offices(ctx context.Context, l *ledger.Ledger, configKey string) ([]office, error) {
	var held []office
	for _, name := range []ledger.PointerName{ledger.Production, ledger.Canonical} {
		pointer, err := l.Pointer(ctx, configKey, name)
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(held) > 0 && held[0].ModelID == pointer.ModelID {
			continue
		}
		held = append(held, office{Name: name, ModelID: pointer.ModelID, Tenure: pointer.Sequence})
	}
	return held, nil
}

// known is the record of one configuration under one harness, and the ratings after which it was read: ratings are
// computed anew whenever there are matches.
type known struct {
	harness, digest string
	record          record
}

// played brings what is known of a configuration up to date. The ledger has nothing of it before its first evaluation.
func (w *watchdog) played(ctx context.Context, l *ledger.Ledger, configKey, harness string) (record, error) {
	ratings, err := l.Ratings(ctx, configKey, harness)
	if errors.Is(err, ledger.ErrNotFound) {
		return record{}, nil
	}
	if err != nil {
		return record{}, err
	}
	digest := ratings.Evidence.Digest
	if before := w.known[configKey]; before.harness == harness && before.digest == digest {
		return before.record, nil
	}
	matches, err := allMatches(ctx, l, configKey, harness)
	if err != nil {
		return record{}, err
	}
	w.known[configKey] = known{harness, digest, recordOf(matches)}
	return w.known[configKey].record, nil
}

func allMatches(ctx context.Context, l *ledger.Ledger, configKey, harness string) (all []ledger.Match, err error) {
	page := ledger.Page{Limit: 1000}
	for {
		part, err := l.Matches(ctx, configKey, harness, page)
		if err != nil {
			return nil, err
		}
		all = append(all, part.Items...)
		if part.Next == "" {
			return all, nil
		}
		page.After = part.Next
	}
}
