package distillation

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/workload"
)

type distiller struct {
	config Config
	rt     host.Runtime
	// Only Tick touches these.
	told     map[string]bool  // events that this copy has published, by what they are about
	attempts map[string]int64 // the last attempt that is known of each teacher

	mu   sync.Mutex
	last round
}

// round is what one round saw.
type round struct {
	at       time.Time
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
	return &distiller{config: config, rt: rt, told: map[string]bool{}, attempts: map[string]int64{}}
}

// Interval implements host.Ticker.
func (d *distiller) Interval() time.Duration { return d.config.Interval }

// Subscriptions implements host.Subscriber.
func (d *distiller) Subscriptions() []bus.Name {
	return []bus.Name{"MODEL_PROMOTED", "WORK_COMPLETED", "WORK_FAILED"}
}

// Handle implements host.Subscriber: the event is a hint, and the round that follows it looks for itself.
func (d *distiller) Handle(context.Context, bus.Event) error { return nil }

// Tick implements host.Ticker.
func (d *distiller) Tick(ctx context.Context) error {
	if d.rt.Ledger == nil {
		return host.Never(errors.New("this process has no ledger"))
	}
	session, err := d.rt.Ledger(ctx)
	if err != nil {
		return err
	}
	seen := round{at: d.rt.Now(), distilled: map[string]any{}}
	for _, key := range d.config.Workloads.Keys() {
		if err := d.attend(ctx, session, key, &seen); err != nil {
			if ledger.IsUnavailable(err) {
				return host.Dependency(err)
			}
			return fmt.Errorf("distill for %s: %w", key, err)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = seen
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
