package tournamentdaemon

import (
	"context"
	"errors"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

// generations are how many canonical models, the newest, are looked through for those who take part.
const generations = 50

// roster are the models that take part, the most important first: the one in production and the one that would follow if
// it got worse, the canonical one, and those that were canonical before it. Who is in quarantine, or has no file that can
// be fetched, does not play. With them comes who is in office.
func roster(ctx context.Context, l *ledger.Ledger, configKey string, most int) (models []string, met encounters, err error) {
	production, err := l.Pointer(ctx, configKey, ledger.Production)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return nil, met, err
	}
	met.production, met.since = production.ModelID, production.MovedAt
	if met.fallback, err = pipeline.Fallback(ctx, l, configKey, production.ModelID); err != nil {
		return nil, met, err
	}
	wanted := []string{met.production, met.fallback}
	history, err := l.PointerHistory(ctx, configKey, ledger.Canonical, ledger.Page{Limit: generations})
	if err != nil {
		return nil, met, err
	}
	if len(history.Items) > 0 {
		met.canonical = history.Items[0].ModelID
	}
	for _, move := range history.Items {
		wanted = append(wanted, move.ModelID)
	}
	models, err = able(ctx, l, wanted, most)
	return models, met, err
}

// able are those of some models who can play, each once.
func able(ctx context.Context, l *ledger.Ledger, wanted []string, most int) ([]string, error) {
	return pipeline.Eligible(ctx, l, wanted, most, func(p pipeline.Presence) bool { return p == pipeline.Here })
}
