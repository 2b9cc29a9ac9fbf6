package modelperformancewatchdog

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/promotion"
)

const (
	// decisionAlarm is the kind of the decisions that alarms are kept as.
	decisionAlarm = "performance_alarm"
	// recentAlarms of a configuration are looked through for the last one of each office.
	recentAlarms = 50
	// metric is what the alarms are about.
	metric = "heuristic_share"
	// rollback is what UNIFIED_PROMOTION is asked for.
	rollback = "rollback"
)

// alarm is what was found of a model in office, as it is kept. One that is cleared ends the one before.
type alarm struct {
	// Sequence numbers the alarms of an office, from 1: with it that is their natural key.
	Sequence int64 `json:"sequence"`
	office
	verdict
	at  time.Time
	key string
	why string
}

// open says whether a model is still thought to be weak.
func (a *alarm) open() bool { return a != nil && a.Severity != cleared }

// of says whether an alarm is about who holds an office now.
func (a *alarm) of(now office) bool { return a.office == now }

// latest are the last alarms of a configuration, by office.
func latest(ctx context.Context, l *ledger.Ledger, configKey string) (map[ledger.PointerName]*alarm, error) {
	stored, err := l.Decisions(ctx, decisionAlarm, configKey, ledger.Page{Limit: recentAlarms})
	if err != nil {
		return nil, err
	}
	last := map[ledger.PointerName]*alarm{}
	for _, one := range stored.Items {
		found, err := read(one)
		if err != nil {
			return nil, err
		}
		if last[found.Name] == nil {
			last[found.Name] = found
		}
	}
	return last, nil
}

func read(stored ledger.Decision) (*alarm, error) {
	found := &alarm{at: stored.DecidedAt, key: stored.Key, why: stored.Reason}
	if err := json.Unmarshal(stored.Inputs, found); err != nil {
		return nil, fmt.Errorf("read alarm %s: %w", stored.Key, err)
	}
	return found, nil
}

// raise keeps the alarm that follows another one, nil for none. Whoever was here before has kept the one that counts.
func raise(ctx context.Context, session *ledger.Session, configKey string, last *alarm, about office, found verdict, why string) (*alarm, error) {
	sequence := int64(1)
	if last != nil {
		sequence = last.Sequence + 1
	}
	inputs, err := json.Marshal(alarm{Sequence: sequence, office: about, verdict: found})
	if err != nil {
		return nil, fmt.Errorf("encode an alarm about %s: %w", about.ModelID, err)
	}
	stored, _, err := session.Decide(ctx, ledger.Decision{
		Kind: decisionAlarm, Key: fmt.Sprintf("%s/%s/%d", configKey, about.Name, sequence), ConfigKey: configKey, Inputs: inputs, Verdict: found.Severity, Reason: why,
	})
	if err != nil {
		return nil, err
	}
	return read(stored)
}

// news is the event of an alarm, the same whoever tells it.
func (a *alarm) news(configKey string) bus.Payload {
	proposal := bus.Proposal{Config: bus.ConfigOf(configKey), Reason: a.why, Evidence: a.key}
	if a.Severity == cleared {
		return bus.RegressionCleared{Proposal: proposal, ModelID: a.ModelID, Metric: metric}
	}
	drop := a.Threshold - a.Share
	return bus.RegressionDetected{
		Proposal: proposal, ModelID: a.ModelID, Metric: metric, Severity: a.Severity, WinRateDrop: &drop, Consecutive: a.Consecutive,
		GamesPlayed: a.Measured.Score.Games(), RecommendedAction: rollback,
	}
}

// text tells what was measured.
func (v verdict) text(model string) string {
	return fmt.Sprintf("%s wins %.3f of %d games against %s, at least %.3f is expected", model, v.Share, v.Measured.Score.Games(), promotion.Heuristic, v.Threshold)
}
