package modelperformancewatchdog

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

type watchdog struct {
	*pipeline.Rounds[round]
	config Config
	rt     host.Runtime
	// Only Tick touches these.
	known map[string]known
	told  map[string]string // the alarm that this copy told last, by configuration and office
}

// round is what one round saw.
type round struct {
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
	w := &watchdog{config: config, rt: rt, known: map[string]known{}, told: map[string]string{}}
	w.Rounds = pipeline.NewRounds(rt, config.Interval, w.round)
	return w
}

// Subscriptions implements host.Subscriber.
func (w *watchdog) Subscriptions() []bus.Name {
	return []bus.Name{"EVALUATION_COMPLETED", "MODEL_PROMOTED"}
}

// Tick implements host.Ticker.
func (w *watchdog) Tick(ctx context.Context) error {
	if w.config.Configs == nil {
		return nil // nothing is trained
	}
	return w.Rounds.Tick(ctx)
}

func (w *watchdog) round(ctx context.Context, session *ledger.Session, seen *round) error {
	for _, configKey := range w.config.Configs() {
		switch err := w.look(ctx, session, configKey, seen); {
		case ledger.IsUnavailable(err):
			return err // it is not about this configuration
		case err != nil:
			return fmt.Errorf("look at the models of %s: %w", configKey, err)
		}
	}
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
	played, err := w.played(ctx, l, configKey, w.config.Terms(configKey).Targets.Harness)
	if err != nil {
		return err
	}
	if err := w.dismiss(ctx, session, configKey, held, last); err != nil {
		return err
	}
	for _, now := range held {
		seen.watched++
		if err := w.attend(ctx, session, configKey, now, last[now.Name], played, seen); err != nil {
			return err
		}
	}
	return nil
}

func (r *round) find(format string, args ...any) {
	r.findings = append(r.findings, fmt.Sprintf(format, args...))
}
