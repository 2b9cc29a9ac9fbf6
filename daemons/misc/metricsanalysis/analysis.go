package metricsanalysis

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

type analysis struct {
	*pipeline.Rounds[round]
	config Config
	rt     host.Runtime
	// Only Tick touches it: the key of the change that this copy told last, by configuration and metric.
	told map[string]string
}

// round is what one round saw.
type round struct {
	readings map[string]map[string]reading // by configuration and metric
}

var (
	_ host.Ticker     = (*analysis)(nil)
	_ host.Subscriber = (*analysis)(nil)
	_ host.Checker    = (*analysis)(nil)
)

func newAnalysis(config Config, rt host.Runtime) *analysis {
	a := &analysis{config: config, rt: rt, told: map[string]string{}}
	a.Rounds = pipeline.NewRounds(rt, config.Interval, a.round)
	return a
}

// Subscriptions implements host.Subscriber.
func (a *analysis) Subscriptions() []bus.Name {
	return []bus.Name{"ELO_UPDATED", "EVALUATION_COMPLETED", "TRAINING_COMPLETED"}
}

// Tick implements host.Ticker.
func (a *analysis) Tick(ctx context.Context) error {
	if a.config.Configs == nil {
		return nil // nothing is trained
	}
	return a.Rounds.Tick(ctx)
}

func (a *analysis) round(ctx context.Context, session *ledger.Session, seen *round) error {
	seen.readings = map[string]map[string]reading{}
	for _, configKey := range a.config.Configs() {
		read, err := a.look(ctx, session, configKey)
		switch {
		case ledger.IsUnavailable(err):
			return err // it is not about this configuration
		case err != nil:
			return fmt.Errorf("look at the curves of %s: %w", configKey, err)
		}
		seen.readings[configKey] = read
	}
	return nil
}

// look reads the curves of one configuration, and tells what has changed.
func (a *analysis) look(ctx context.Context, session *ledger.Session, configKey string) (map[string]reading, error) {
	l, settings := session.Ledger(), a.config.Settings()
	last, err := lastChanges(ctx, l, configKey)
	if err != nil {
		return nil, err
	}
	for _, metric := range slices.Sorted(maps.Keys(last)) {
		if err := a.tell(ctx, configKey, last[metric]); err != nil { // what the copy before may not have told
			return nil, err
		}
	}
	curves, err := losses(ctx, l, configKey, lastRun(last))
	if err != nil {
		return nil, err
	}
	rated, err := ratings(ctx, l, configKey, a.config.Terms(configKey).Targets.Harness, settings.WindowPoints)
	if err != nil {
		return nil, err
	}
	readings := map[string]reading{}
	for _, one := range append(curves, rated) {
		if len(one.points) == 0 {
			continue
		}
		read := settings.read(one)
		readings[one.metric] = read
		next, changed := after(last[one.metric], one, read)
		if !changed {
			continue
		}
		if last[one.metric], err = keep(ctx, session, configKey, next); err != nil {
			return nil, err
		}
		if err := a.tell(ctx, configKey, last[one.metric]); err != nil {
			return nil, err
		}
	}
	return readings, nil
}

// lastRun is the newest run whose curves were read to the last; empty: none was.
func lastRun(last map[string]*change) (run string) {
	var at time.Time
	for metric, one := range last {
		if metric != ratingMetric && one.at.After(at) {
			run, at = one.Now.Subject, one.at
		}
	}
	return run
}

// tell publishes the events of a change, once for each copy of this daemon: told twice, they are the same. A change that
// the log may have forgotten was told when it was kept.
func (a *analysis) tell(ctx context.Context, configKey string, one *change) error {
	whose := configKey + " " + one.Metric
	before, ours := a.told[whose]
	if before == one.key || !ours && a.rt.Bus.Client().MayRepeat(one.at) {
		a.told[whose] = one.key
		return nil
	}
	a.told[whose] = "" // from here on whatever comes is new
	for _, payload := range one.news(configKey) {
		if err := a.rt.Bus.Publish(ctx, payload); err != nil {
			return err
		}
	}
	a.told[whose] = one.key
	return nil
}
