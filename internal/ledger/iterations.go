package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Iteration is one round of a config's loop. Once ended it never changes.
type Iteration struct {
	ConfigKey     string          `json:"config_key"`
	Number        int64           `json:"number"` // 1 for the first of the config
	CorrelationID string          `json:"correlation_id"`
	Stage         string          `json:"stage"`
	Facts         json.RawMessage `json:"facts,omitempty"`
	Outcome       string          `json:"outcome,omitempty"` // empty until ended
	StartedAt     time.Time       `json:"started_at"`
	UpdatedAt     time.Time       `json:"updated_at"`
	EndedAt       time.Time       `json:"ended_at,omitzero"`
}

const iterationColumns = `config_key, number, correlation_id, stage, facts, outcome, started_at, updated_at, ended_at`

// StartIteration opens the next iteration of a config. With a correlation id that is known it returns that one.
func (s *Session) StartIteration(ctx context.Context, configKey, correlationID, stage string) (i Iteration, err error) {
	act := "start an iteration of " + configKey
	if err := firstError(config(configKey), text("correlation_id", correlationID), text("stage", stage)); err != nil {
		return i, fmt.Errorf("%s: %w", act, err)
	}
	err = s.write(ctx, act, func(t *tx) (err error) {
		var found bool
		i, found, err = first(t.access, scanIteration, "SELECT "+iterationColumns+" FROM iterations WHERE correlation_id = ?", correlationID)
		switch {
		case err != nil:
			return err
		case !found:
			i, err = t.addIteration(configKey, correlationID, stage)
			return err
		case i.ConfigKey != configKey:
			return fmt.Errorf("correlation id %s belongs to %s: %w", correlationID, i.ConfigKey, ErrConflict)
		}
		return nil
	})
	return i, err
}

func (t *tx) addIteration(configKey, correlationID, stage string) (Iteration, error) {
	last, err := only(t.access, scanInt, "SELECT COALESCE(MAX(number), 0) FROM iterations WHERE config_key = ?", configKey)
	if err != nil {
		return Iteration{}, err
	}
	i := Iteration{ConfigKey: configKey, Number: last + 1, CorrelationID: correlationID, Stage: stage, StartedAt: t.now, UpdatedAt: t.now}
	_, err = t.exec("INSERT INTO iterations ("+iterationColumns+") VALUES ("+marks(9)+")",
		i.ConfigKey, i.Number, i.CorrelationID, i.Stage, "", "", micros(t.now), micros(t.now), nil)
	return i, err
}

// SetStage records how far an iteration is, and all its facts so far; no facts leave the old ones.
func (s *Session) SetStage(ctx context.Context, configKey string, number int64, stage string, facts json.RawMessage) error {
	return s.changeIteration(ctx, configKey, number, facts, func(i *Iteration, _ time.Time) error {
		i.Stage = stage
		return firstError(i.goesOn(), text("stage", stage))
	})
}

// EndIteration closes an iteration for good. To end it again in the same way changes nothing.
func (s *Session) EndIteration(ctx context.Context, configKey string, number int64, outcome string, facts json.RawMessage) error {
	return s.changeIteration(ctx, configKey, number, facts, func(i *Iteration, now time.Time) error {
		if !i.EndedAt.IsZero() && i.Outcome == outcome {
			return errUnchanged
		}
		if err := firstError(i.goesOn(), text("outcome", outcome)); err != nil {
			return err
		}
		i.Outcome, i.EndedAt = outcome, now
		return nil
	})
}

func (s *Session) changeIteration(ctx context.Context, configKey string, number int64, facts json.RawMessage, change func(*Iteration, time.Time) error) error {
	act := fmt.Sprintf("change iteration %d of %s", number, configKey)
	if err := document("facts", facts); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return s.write(ctx, act, func(t *tx) error {
		i, err := t.holdIteration(configKey, number)
		if err != nil {
			return err
		}
		if err := change(&i, t.now); err != nil {
			return unlessUnchanged(err)
		}
		if len(facts) > 0 {
			i.Facts = facts
		}
		_, err = t.exec("UPDATE iterations SET stage = ?, facts = ?, outcome = ?, updated_at = ?, ended_at = ? WHERE config_key = ? AND number = ?",
			i.Stage, string(i.Facts), i.Outcome, micros(t.now), micros(i.EndedAt), configKey, number)
		return err
	})
}

// holdIteration reads an iteration, and keeps it from others until the transaction ends.
func (t *tx) holdIteration(configKey string, number int64) (Iteration, error) {
	return only(t.access, scanIteration, "SELECT "+iterationColumns+" FROM iterations WHERE config_key = ? AND number = ? {for update}", configKey, number)
}

// goesOn is a conflict once the iteration has ended.
func (i Iteration) goesOn() error {
	if !i.EndedAt.IsZero() {
		return fmt.Errorf("it has ended as %s: %w", i.Outcome, ErrConflict)
	}
	return nil
}

// Iteration returns one iteration, or ErrNotFound.
func (l *Ledger) Iteration(ctx context.Context, configKey string, number int64) (Iteration, error) {
	return readOne(ctx, l, fmt.Sprintf("find iteration %d of %s", number, configKey), scanIteration,
		"SELECT "+iterationColumns+" FROM iterations WHERE config_key = ? AND number = ?", configKey, number)
}

// LastIteration returns the newest iteration of a config, if there is one.
func (l *Ledger) LastIteration(ctx context.Context, configKey string) (i Iteration, found bool, err error) {
	err = l.read(ctx, "find the last iteration of "+configKey, func(a access) (err error) {
		i, found, err = first(a, scanIteration, "SELECT "+iterationColumns+" FROM iterations WHERE config_key = ? ORDER BY number DESC LIMIT 1", configKey)
		return err
	})
	return i, found, err
}

// Iterations lists the iterations of a config, newest first.
func (l *Ledger) Iterations(ctx context.Context, configKey string, page Page) (List[Iteration], error) {
	var w where
	w.add("config_key = ?", configKey)
	return listing[Iteration]{
		act: "list iterations", query: "SELECT " + iterationColumns + " FROM iterations", scan: scanIteration,
		order: order{keys: []string{"number"}, newest: true},
		key:   func(i Iteration) []any { return []any{i.Number} },
	}.part(ctx, l, w, page)
}

func scanIteration(r row) (i Iteration, err error) {
	return i, r.Scan(&i.ConfigKey, &i.Number, &i.CorrelationID, &i.Stage, fromJSON(&i.Facts), &i.Outcome, at(&i.StartedAt), at(&i.UpdatedAt), at(&i.EndedAt))
}
