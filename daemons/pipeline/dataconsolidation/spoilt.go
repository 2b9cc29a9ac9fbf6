package dataconsolidation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// many cuts in a row without a valid game are no accident: who plays or who judges the games is broken.
const many = 3

// spoilt counts, for the configurations that this copy has had a cut of, how many of the last cuts in a row had no valid
// game, up to many.
type spoilt struct {
	mu sync.Mutex
	of map[string]int
}

func newSpoilt() *spoilt { return &spoilt{of: map[string]int{}} }

// count takes what came of a cut.
func (s *spoilt) count(ctx context.Context, l *ledger.Ledger, order ledger.Stage, verdict spec.Verdict) error {
	length := 0
	for iteration := order.Iteration; verdict == spec.VerdictInvalid; {
		if length++; length == many {
			break
		}
		iteration--
		before, err := pipeline.Result[pipeline.Consolidated](ctx, l, order.ConfigKey, iteration, spec.StageConsolidating)
		if err != nil && !errors.Is(err, pipeline.ErrMissing) {
			return err
		}
		verdict = before.Verdict
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of[order.ConfigKey] = length
	return nil
}

// daemon is DATA_CONSOLIDATION.
type daemon struct {
	*pipeline.Desk
	spoilt *spoilt
}

// Health implements host.Checker: that of the desk, and the configurations whose games are all invalid.
func (d *daemon) Health(ctx context.Context) spec.Health {
	health := d.Desk.Health(ctx)
	d.spoilt.mu.Lock()
	defer d.spoilt.mu.Unlock()
	for _, configKey := range slices.Sorted(maps.Keys(d.spoilt.of)) {
		switch length := d.spoilt.of[configKey]; {
		case length >= many:
			health.Findings = append(health.Findings, fmt.Sprintf("%s: the last %d cuts have no valid game", configKey, length))
			if health.Status == spec.HealthOK {
				health.Status, health.Message = spec.HealthDegraded, "every new game of a configuration is invalid"
			}
		case length > 0:
			health.Findings = append(health.Findings, configKey+": the last cut has no valid game, and was left out")
		}
	}
	return health
}
