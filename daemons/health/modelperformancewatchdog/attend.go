package modelperformancewatchdog

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// dismiss tells again what the copy before may not have told, and ends the alarms about those who are no longer in office.
func (w *watchdog) dismiss(ctx context.Context, session *ledger.Session, configKey string, held []office, last map[ledger.PointerName]*alarm) error {
	for name, one := range last {
		if err := w.tell(ctx, configKey, one); err != nil {
			return err
		}
		in := false
		for _, now := range held {
			in = in || one.of(now)
		}
		if in || !one.open() {
			continue
		}
		left := one.verdict
		left.Severity = cleared
		over, err := raise(ctx, session, configKey, one, one.office, left, fmt.Sprintf("%s is no longer %s", one.ModelID, name))
		if err == nil {
			err = w.tell(ctx, configKey, over)
		}
		if err != nil {
			return err
		}
		last[name] = over
	}
	return nil
}

// attend raises or ends the alarm about a model in office, if its newest measurement and the models before it say so.
func (w *watchdog) attend(ctx context.Context, session *ledger.Session, configKey string, now office, last *alarm, played record, seen *round) error {
	settings := w.config.Settings()
	found, known := settings.judge(played.measured[now.ModelID])
	if !known {
		seen.find("%s: incomplete: the %s model %s has not played %d games against the baseline", configKey, now.Name, now.ModelID, leastGames)
		return nil
	}
	why := found.text(now.ModelID)
	if found.Severity != fine {
		earlier, err := predecessors(ctx, session.Ledger(), configKey, now)
		if err != nil {
			return err
		}
		level := found.weigh(played, now, earlier)
		why += "; " + found.Because
		seen.find("%s: %s: the %s model %s", configKey, level, now.Name, why)
	}
	before := fine
	if last.open() && last.of(now) {
		before = last.Severity
	}
	switch {
	case found.Severity == before:
		return nil
	case found.Severity == fine:
		found.Severity = cleared
	case before != moderate && last != nil && settings.Cooldown > 0 && seen.now.Sub(last.at) < settings.Cooldown:
		return nil // it is told when its time has come: what was told last is still another one
	}
	raised, err := raise(ctx, session, configKey, last, now, found, why)
	if err != nil {
		return err
	}
	return w.tell(ctx, configKey, raised)
}

// tell publishes an alarm, once for each copy of this daemon: told twice, it is one event. One that the log may have
// forgotten was told when it was raised.
func (w *watchdog) tell(ctx context.Context, configKey string, one *alarm) error {
	whose := configKey + " " + string(one.Name)
	before, ours := w.told[whose]
	if before == one.key || !ours && w.rt.Bus.Client().MayRepeat(one.at) {
		w.told[whose] = one.key
		return nil
	}
	w.told[whose] = "" // from here on whatever comes is new
	if err := w.rt.Bus.Publish(ctx, one.news(configKey)); err != nil {
		return err
	}
	w.told[whose] = one.key
	return nil
}
