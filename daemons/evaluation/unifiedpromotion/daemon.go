package unifiedpromotion

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

// daemon is UNIFIED_PROMOTION.
type daemon struct {
	*pipeline.Rounds[sweep]
	rt     host.Runtime
	config Config
	// settled is the decision of each configuration that this copy has seen carried out and told. Only Tick uses it.
	settled map[string]string
}

var (
	_ host.Ticker     = (*daemon)(nil)
	_ host.Subscriber = (*daemon)(nil)
	_ host.Checker    = (*daemon)(nil)
)

func newDaemon(config Config, rt host.Runtime) *daemon {
	d := &daemon{rt: rt, config: config, settled: map[string]string{}}
	d.Rounds = pipeline.NewRounds(rt, config.Interval, d.sweep)
	return d
}

// Subscriptions implements host.Subscriber.
func (d *daemon) Subscriptions() []bus.Name {
	return []bus.Name{"TOURNAMENT_COMPLETED", "EVALUATION_COMPLETED", "MODEL_PROMOTED", "REGRESSION_DETECTED"}
}

// sweep looks at every configuration that has a canonical model.
func (d *daemon) sweep(ctx context.Context, session *ledger.Session, seen *sweep) error {
	pointers, err := session.Ledger().Pointers(ctx, "")
	if err != nil {
		return err
	}
	ratings, err := session.Ledger().NewestRatings(ctx)
	if err != nil {
		return err
	}
	for _, pointer := range pointers {
		if pointer.Name != ledger.Canonical {
			continue
		}
		if err := d.guard(ctx, session, pointer.ConfigKey, ratings, seen); err != nil {
			return fmt.Errorf("guard production of %s: %w", pointer.ConfigKey, err)
		}
	}
	return nil
}

// guard finishes what a copy before this one has begun, and then decides anew.
func (d *daemon) guard(ctx context.Context, session *ledger.Session, configKey string, ratings []ledger.RatingSnapshot, seen *sweep) error {
	made, found, err := newest(ctx, session.Ledger(), configKey)
	if err != nil {
		return err
	}
	if found {
		if err := d.carryOut(ctx, session, made); err != nil {
			return err
		}
	}
	settings := d.config.settings(configKey)
	evidence, err := gather(ctx, session.Ledger(), configKey, settings.Harness, ratings)
	if err != nil {
		return err
	}
	if made, err = decide(ctx, session, evidence, settings.Policy); err != nil {
		return err
	}
	seen.note(made, evidence)
	return d.carryOut(ctx, session, made)
}
