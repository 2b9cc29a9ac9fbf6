package modelperformancewatchdog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
)

type watchdog struct {
	config Config
	rt     host.Runtime
	// Only Tick touches these.
	known map[string]known
	told  map[string]string // the alarm that this copy told last, by configuration and office

	mu   sync.Mutex
	last round
}

// round is what one round saw.
type round struct {
	at       time.Time
	now      time.Time // by the ledger's clock
	watched  int       // models in office
	findings []string
}

var (
	_ host.Ticker     = (*watchdog)(nil)
	_ host.Subscriber = (*watchdog)(nil)
	_ host.Checker    = (*watchdog)(nil)
)

func newWatchdog(config Config, rt host.Runtime) *watchdog {
	return &watchdog{config: config, rt: rt, known: map[string]known{}, told: map[string]string{}}
}

// Interval implements host.Ticker.
func (w *watchdog) Interval() time.Duration { return w.config.Interval }

// Subscriptions implements host.Subscriber.
func (w *watchdog) Subscriptions() []bus.Name {
	return []bus.Name{"EVALUATION_COMPLETED", "MODEL_PROMOTED"}
}

// Handle implements host.Subscriber: the event is a hint, and the round that follows it looks for itself.
func (w *watchdog) Handle(context.Context, bus.Event) error { return nil }

// Tick implements host.Ticker.
func (w *watchdog) Tick(ctx context.Context) error {
	if w.config.Configs == nil {
		return nil // nothing is trained
	}
	if w.rt.Ledger == nil {
		return host.Never(errors.New("this process has no ledger"))
	}
	session, err := w.rt.Ledger(ctx)
	if err != nil {
		return err
	}
	seen := round{at: w.rt.Now()}
	for _, configKey := range w.config.Configs() {
		if err := w.look(ctx, session, configKey, &seen); err != nil {
			if ledger.IsUnavailable(err) {
				return host.Dependency(err)
			}
			return fmt.Errorf("look at the models of %s: %w", configKey, err)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = seen
	return nil
}

// look judges the models in office of one configuration.
func (w *watchdog) look(ctx context.Context, session *ledger.Session, configKey string, seen *round) error {
	l := session.Ledger()
	var err error
	if seen.now, err = l.Now(ctx); err != nil {
		return err
	}
	held, err := offices(ctx, l, configKey)
	if err != nil {
		return err
	}
	last, err := latest(ctx, l, configKey)
	if err != nil {
		return err
	}
	measured, err := w.measured(ctx, l, configKey, w.config.Terms(configKey).Targets.Harness)
	if err != nil {
		return err
	}
	if err := w.dismiss(ctx, session, configKey, held, last); err != nil {
		return err
	}
	for _, now := range held {
		seen.watched++
		if err := w.attend(ctx, session, configKey, now, last[now.Name], measured[now.ModelID], seen); err != nil {
			return err
		}
	}
	return nil
}

func (r *round) find(format string, args ...any) {
	r.findings = append(r.findings, fmt.Sprintf(format, args...))
}
