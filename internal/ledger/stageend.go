package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// StageEnd is what came of an attempt.
type StageEnd struct {
	State      StageState      `json:"state"` // StageDone or StageFailed
	Result     json.RawMessage `json:"result,omitempty"`
	ErrorClass string          `json:"error_class,omitempty"`
	Error      string          `json:"error,omitempty"` // cut at 4 KiB
}

// StageWaits records why nothing happens yet, cut at 4 KiB; empty for nothing to wait for. It writes only changes.
// An attempt that has ended is a conflict.
func (s *Session) StageWaits(ctx context.Context, key StageKey, attempt int64, reason string) error {
	reason = cut(reason)
	_, err := s.changeStage(ctx, "wait in", key, attempt, func(stage *Stage, _ time.Time) error {
		switch {
		case stage.State != StageOrdered:
			return fmt.Errorf("it is %s: %w", stage.State, ErrConflict)
		case stage.Waiting == reason:
			return errUnchanged
		}
		stage.Waiting = reason
		return nil
	})
	return err
}

// EndStage ends an attempt for good. To end it again in the same way changes nothing; in another way is a conflict.
func (s *Session) EndStage(ctx context.Context, key StageKey, attempt int64, end StageEnd) (Stage, error) {
	if err := end.validate(); err != nil {
		return Stage{}, fmt.Errorf("end attempt %d of %s: %w", attempt, key, err)
	}
	end.Error = cut(end.Error)
	return s.changeStage(ctx, "end", key, attempt, func(stage *Stage, now time.Time) error {
		switch {
		case stage.State == StageOrdered:
			stage.State, stage.Result, stage.ErrorClass, stage.Error = end.State, end.Result, end.ErrorClass, end.Error
			stage.Waiting, stage.EndedAt = "", now
			return nil
		case end.describes(*stage):
			return errUnchanged
		}
		return fmt.Errorf("it has ended otherwise, as %s: %w", stage.State, ErrConflict)
	})
}

// changeStage writes what a change makes of an attempt, and returns it.
func (s *Session) changeStage(ctx context.Context, act string, key StageKey, attempt int64, change func(*Stage, time.Time) error) (stage Stage, err error) {
	err = s.write(ctx, fmt.Sprintf("%s attempt %d of %s", act, attempt, key), func(t *tx) (err error) {
		if stage, err = t.stage(key, attempt); err != nil {
			return err
		}
		if err := change(&stage, t.now); err != nil {
			return unlessUnchanged(err)
		}
		stage.UpdatedAt = t.now
		_, err = t.exec(`UPDATE stages SET state = ?, result = ?, waiting = ?, error_class = ?, error = ?, updated_at = ?, ended_at = ?
			WHERE config_key = ? AND iteration = ? AND stage = ? AND attempt = ?`,
			string(stage.State), string(stage.Result), stage.Waiting, stage.ErrorClass, stage.Error, micros(t.now), micros(stage.EndedAt),
			key.ConfigKey, key.Iteration, key.Stage, attempt)
		return err
	})
	return stage, err
}

// stage reads an attempt, and keeps it from others until the transaction ends.
func (t *tx) stage(key StageKey, attempt int64) (Stage, error) {
	return only(t.access, scanStage, "SELECT "+stageColumns+` FROM stages WHERE config_key = ? AND iteration = ? AND stage = ?
		AND attempt = ? {for update}`, key.ConfigKey, key.Iteration, key.Stage, attempt)
}

func (e StageEnd) validate() error {
	if e.State != StageDone && e.State != StageFailed {
		return fmt.Errorf("state is %q: give %q or %q: %w", e.State, StageDone, StageFailed, ErrInvalid)
	}
	return firstError(document("result", e.Result), short("error_class", e.ErrorClass))
}

// describes says whether an attempt has ended so.
func (e StageEnd) describes(s Stage) bool {
	return s.State == e.State && s.ErrorClass == e.ErrorClass && s.Error == e.Error && sameJSON(s.Result, e.Result)
}
