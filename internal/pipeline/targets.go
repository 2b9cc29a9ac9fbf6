package pipeline

import (
	"context"
	"errors"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// Targets are what a configuration is trained for. Zero means without end.
type Targets struct {
	Iterations int64   // that have been decided on
	Elo        float64 // of the canonical model, by the lower end of its interval
	Harness    string  // under which it is rated
}

// Reached says whether a configuration has got there.
func (t Targets) Reached(ctx context.Context, l *ledger.Ledger, configKey string, last int64) (bool, error) {
	if t.Iterations > 0 && last >= t.Iterations {
		return true, nil
	}
	if t.Elo == 0 {
		return false, nil
	}
	canonical, err := l.Pointer(ctx, configKey, ledger.Canonical)
	if errors.Is(err, ledger.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	ratings, err := l.Ratings(ctx, configKey, t.Harness)
	if errors.Is(err, ledger.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, rating := range ratings.Ratings {
		if rating.Participant == canonical.ModelID {
			return rating.Low >= t.Elo, nil
		}
	}
	return false, nil
}

// Over says whether the training of a configuration has come to its end: it has got there, and no iteration is open. Nobody
// goes by what would be decided on it then.
func (t Targets) Over(ctx context.Context, l *ledger.Ledger, configKey string) (bool, error) {
	last, found, err := l.LastIteration(ctx, configKey)
	if err != nil || !found || last.EndedAt.IsZero() {
		return false, err
	}
	return t.Reached(ctx, l, configKey, last.Number)
}
