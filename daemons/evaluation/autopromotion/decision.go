package autopromotion

import (
	"context"
	"encoding/json"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/spec"
)

// recentDecisions of a configuration are looked through for those of an iteration, and for streaks.
const recentDecisions = 50

// decision is one about a candidate, and what it was taken from.
type decision struct {
	ledger.Decision
	by pipeline.Promotion
}

// latest is the last decision that was made for an iteration: whoever made it may have died before it was carried out.
func latest(ctx context.Context, l *ledger.Ledger, order ledger.Stage) (decision, bool, error) {
	recent, err := l.Decisions(ctx, pipeline.DecisionPromotion, order.ConfigKey, ledger.Page{Limit: recentDecisions})
	if err != nil {
		return decision{}, false, err
	}
	for _, one := range recent.Items {
		made, err := read(one)
		if err != nil || (made.by.Iteration == order.Iteration && one.Verdict != verdictBootstrap) {
			return made, err == nil, err
		}
	}
	return decision{}, false, nil
}

func read(stored ledger.Decision) (decision, error) {
	made := decision{Decision: stored}
	if err := json.Unmarshal(stored.Inputs, &made.by); err != nil {
		return made, pipeline.Fault("bad_decision", "decision %s cannot be read: %v", stored.Key, err)
	}
	return made, nil
}

func verdictOf(verdict promotion.Verdict) spec.Verdict {
	if verdict.Promote {
		return spec.VerdictPromoted
	}
	return spec.VerdictRejected
}
