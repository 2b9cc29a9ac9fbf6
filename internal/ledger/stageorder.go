package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// StageOrder is what is to be done next in an iteration.
type StageOrder struct {
	StageKey
	Attempt int64           `json:"attempt"`
	Order   json.RawMessage `json:"order,omitempty"`
	// Deadline counts from the database's now; 0 means none.
	Deadline time.Duration `json:"deadline_ns,omitempty"`
	// Again says that what the attempt before has left is lost: the order may follow on one that is done.
	Again bool `json:"again,omitempty"`
}

// OrderStage records what an iteration is to do next. Attempt 1 is the first, and one more may follow on one that
// failed, or is to be done again; else it is a conflict, as it is in an iteration that has ended. An order that is there already changes
// nothing and is returned as it is by now; another one under its attempt is a conflict.
func (s *Session) OrderStage(ctx context.Context, o StageOrder) (stage Stage, err error) {
	act := fmt.Sprintf("order attempt %d of %s", o.Attempt, o.StageKey)
	if err := o.validate(); err != nil {
		return stage, fmt.Errorf("%s: %w", act, err)
	}
	err = s.write(ctx, act, func(t *tx) (err error) {
		if err := t.orderStage(o); err != nil {
			return err
		}
		stage, err = t.stage(o.StageKey, o.Attempt)
		if err == nil && !sameJSON(stage.Order, o.Order) {
			err = fmt.Errorf("attempt %d has another order: %w", o.Attempt, ErrConflict)
		}
		return err
	})
	return stage, err
}

// orderStage sees to it that there is an order under the attempt.
func (t *tx) orderStage(o StageOrder) error {
	i, err := t.holdIteration(o.ConfigKey, o.Iteration)
	if err != nil {
		return err
	}
	last, err := t.lastAttempt(o.StageKey)
	if err != nil || o.Attempt <= last.Attempt {
		return err
	}
	if err := firstError(i.goesOn(), o.follows(last)); err != nil {
		return err
	}
	return t.addStage(o)
}

// lastAttempt is attempt 0 before the first one.
func (t *tx) lastAttempt(key StageKey) (Stage, error) {
	last, _, err := first(t.access, scanStage, "SELECT "+stageColumns+` FROM stages WHERE config_key = ? AND iteration = ? AND stage = ?
		ORDER BY attempt DESC LIMIT 1`, key.ConfigKey, key.Iteration, key.Stage)
	return last, err
}

// follows says whether an order is the next one after an attempt.
func (o StageOrder) follows(last Stage) error {
	switch {
	case o.Attempt != last.Attempt+1:
		return fmt.Errorf("the next attempt is %d: %w", last.Attempt+1, ErrConflict)
	case last.Attempt > 0 && last.State != StageFailed && !(o.Again && last.State == StageDone):
		return fmt.Errorf("attempt %d is %s, and another one follows on a failure only: %w", last.Attempt, last.State, ErrConflict)
	}
	return nil
}

// addStage writes an order behind all others of its iteration, which the caller holds.
func (t *tx) addStage(o StageOrder) error {
	var deadline time.Time
	if o.Deadline > 0 {
		deadline = t.now.Add(o.Deadline)
	}
	_, err := t.exec("INSERT INTO stages (sequence, "+stageColumns+`) VALUES (
		(SELECT COALESCE(MAX(sequence), 0) + 1 FROM stages WHERE config_key = ? AND iteration = ?), `+marks(14)+")",
		o.ConfigKey, o.Iteration, o.ConfigKey, o.Iteration, o.Stage, o.Attempt, string(StageOrdered), string(o.Order), "", "", "", "",
		micros(t.now), micros(deadline), micros(t.now), nil)
	return err
}

func (o StageOrder) validate() error {
	if o.Deadline < 0 {
		return fmt.Errorf("deadline is %s: give a positive duration, or 0 for none: %w", o.Deadline, ErrInvalid)
	}
	return firstError(config(o.ConfigKey), between("iteration", o.Iteration, 1, 1<<40), text("stage", o.Stage),
		between("attempt", o.Attempt, 1, 1<<40), document("order", o.Order))
}
