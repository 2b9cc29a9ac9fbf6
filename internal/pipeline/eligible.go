package pipeline

import (
	"context"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// Eligible are those of some models, each once and the first most of them, that are not in quarantine and whose file is
// where a caller can do with it.
func Eligible(ctx context.Context, l *ledger.Ledger, models []string, most int, is func(Presence) bool) (found []string, err error) {
	looked := map[string]bool{"": true}
	for _, id := range models {
		if looked[id] || len(found) == most {
			continue
		}
		looked[id] = true
		able, err := eligible(ctx, l, id, is)
		if err != nil {
			return nil, err
		}
		if able {
			found = append(found, id)
		}
	}
	return found, nil
}

func eligible(ctx context.Context, l *ledger.Ledger, id string, is func(Presence) bool) (bool, error) {
	quarantined, err := Quarantined(ctx, l, id)
	if err != nil || quarantined {
		return false, err
	}
	model, err := l.Model(ctx, id)
	if err != nil {
		return false, err
	}
	presence, err := PresenceOf(ctx, l, model.SHA256)
	return err == nil && is(presence), err
}
