package autopromotion

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// many candidates in a row that one gate turns down are worth a look.
const many = 10

// streak is how many of the last decisions of a configuration had the same outcome, and for how many of them the same
// gate decided.
type streak struct {
	length int
	gate   string
	same   int
}

// streaks are those of the configurations that this copy has decided about.
type streaks struct {
	mu sync.Mutex
	of map[string]streak
}

func newStreaks() *streaks { return &streaks{of: map[string]streak{}} }

// count looks at the last decisions of a configuration, the newest first.
func (s *streaks) count(ctx context.Context, l *ledger.Ledger, configKey string) (streak, error) {
	recent, err := l.Decisions(ctx, pipeline.DecisionPromotion, configKey, ledger.Page{Limit: recentDecisions})
	if err != nil {
		return streak{}, err
	}
	var found streak
	sameGate := true
	for _, one := range recent.Items {
		if one.Verdict == verdictBootstrap || passed(one) != passed(recent.Items[0]) {
			break
		}
		made, err := read(one)
		if err != nil {
			return streak{}, err
		}
		if found.length == 0 {
			found.gate = made.by.Record.Verdict.Gate
		}
		found.length++
		if sameGate = sameGate && made.by.Record.Verdict.Gate == found.gate; sameGate {
			found.same++
		}
	}
	if len(recent.Items) > 0 && passed(recent.Items[0]) {
		found.same = 0 // nobody was turned down
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of[configKey] = found
	return found, nil
}

// daemon is AUTO_PROMOTION.
type daemon struct {
	*pipeline.Desk
	streaks *streaks
}

// Health implements host.Checker: that of the desk, and the gates that let nobody pass any more.
func (d *daemon) Health(ctx context.Context) spec.Health {
	health := d.Desk.Health(ctx)
	d.streaks.mu.Lock()
	defer d.streaks.mu.Unlock()
	for _, configKey := range slices.Sorted(maps.Keys(d.streaks.of)) {
		if s := d.streaks.of[configKey]; s.same >= many {
			health.Findings = append(health.Findings, fmt.Sprintf("%s: the gate %s has turned down %d candidates in a row", configKey, s.gate, s.same))
			if health.Status == spec.HealthOK {
				health.Status, health.Message = spec.HealthDegraded, "a gate lets nobody pass"
			}
		}
	}
	return health
}
