package distillation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/workload"
)

type distiller struct {
	*pipeline.Rounds[round]
	config Config
	rt     host.Runtime
	// Only Tick touches these.
	told     map[string]bool  // events that this copy has published, by what they are about
	attempts map[string]int64 // the last attempt that is known of each teacher
}

// round is what one round saw.
type round struct {
	findings []string
	// oldest is since when the model is canonical that has waited longest for its student; zero: none waits.
	oldest    time.Time
	distilled map[string]any // by configuration: the student's verdict, or what its teacher waits for
}

var (
	_ host.Ticker     = (*distiller)(nil)
	_ host.Subscriber = (*distiller)(nil)
	_ host.Checker    = (*distiller)(nil)
)

func newDistiller(config Config, rt host.Runtime) *distiller {
	d := &distiller{config: config, rt: rt, told: map[string]bool{}, attempts: map[string]int64{}}
	d.Rounds = pipeline.NewRounds(rt, config.Interval, d.round)
	return d
}

// Subscriptions implements host.Subscriber.
func (d *distiller) Subscriptions() []bus.Name {
	return []bus.Name{"MODEL_PROMOTED", "WORK_COMPLETED", "WORK_FAILED"}
}

func (d *distiller) round(ctx context.Context, session *ledger.Session, seen *round) error {
	seen.distilled = map[string]any{}
	for _, key := range d.config.Workloads.Keys() {
		switch err := d.attend(ctx, session, key, seen); {
		case ledger.IsUnavailable(err):
			return err // it is not about this configuration
		case err != nil:
			return fmt.Errorf("distill for %s: %w", key, err)
		}
	}
	return nil
}

// attend takes one configuration as far as it goes now.
func (d *distiller) attend(ctx context.Context, session *ledger.Session, key string, seen *round) error {
	offered, _, err := d.config.Workloads.Of(key)
	if err != nil || !offered.Manifest.Has(workload.Distill) {
		return nil // it is not asked for
	}
	if err := d.settleLast(ctx, session, key); err != nil {
		return err
	}
	pointer, err := session.Ledger().Pointer(ctx, key, ledger.Canonical)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	made, err := session.Ledger().Decision(ctx, pipeline.DecisionDistilled, pointer.ModelID)
	if err == nil {
		seen.distilled[key] = made.Verdict + ": " + made.Reason
		return nil
	}
	if !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	waits, err := d.teach(ctx, session, offered, key, pointer.ModelID)
	if err != nil {
		return err
	}
	if waits.reason != "" {
		seen.distilled[key] = waits.reason
	}
	if waits.due {
		seen.findings = append(seen.findings, fmt.Sprintf("%s: %s", key, waits.reason))
		if seen.oldest.IsZero() || pointer.MovedAt.Before(seen.oldest) {
			seen.oldest = pointer.MovedAt
		}
	}
	return nil
}
