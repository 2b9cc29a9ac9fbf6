package ledger

import (
	"context"
	"fmt"
)

// PointerMove is a wish to move a pointer that the caller has seen.
type PointerMove struct {
	ConfigKey string
	Name      PointerName
	ModelID   string
	// Expect is the Sequence the caller has seen; 0 means that there was no such pointer.
	Expect int64
	// DecisionID is the natural key of the move: repeated, it changes nothing.
	DecisionID string
	Reason     string
}

// PointerConflict is the error of a move whose pointer was elsewhere. It is an ErrConflict.
type PointerConflict struct {
	Wanted  PointerMove
	Current Pointer // zero if there is no such pointer
}

// Error tells what is there.
func (c *PointerConflict) Error() string {
	return fmt.Sprintf("%s of %s is at sequence %d (model %q, by %s), expected %d", c.Wanted.Name, c.Wanted.ConfigKey,
		c.Current.Sequence, c.Current.ModelID, c.Current.MovedBy, c.Wanted.Expect)
}

// Unwrap makes it an ErrConflict.
func (c *PointerConflict) Unwrap() error { return ErrConflict }

// MovePointers moves pointers by compare-and-set, all or none of them, and returns where they are then. If one
// is not where the caller has seen it, the error is a *PointerConflict.
func (s *Session) MovePointers(ctx context.Context, moves ...PointerMove) (moved []Pointer, err error) {
	if err := checkMoves(moves); err != nil {
		return nil, fmt.Errorf("move pointers: %w", err)
	}
	err = s.write(ctx, "move pointers", func(t *tx) error {
		moved = nil
		for _, move := range moves {
			pointer, err := t.movePointer(move)
			if err != nil {
				return err
			}
			moved = append(moved, pointer)
		}
		return nil
	})
	return moved, err
}

func checkMoves(moves []PointerMove) error {
	if err := count("moves", len(moves), 16); err != nil {
		return err
	}
	for _, m := range moves {
		switch m.Name {
		case Canonical, Production, Candidate, Previous, ProductionSmall:
		default:
			return fmt.Errorf("name is %q: give canonical, production, candidate, previous or production-small: %w", m.Name, ErrInvalid)
		}
		if err := firstError(config(m.ConfigKey), text("model_id", m.ModelID), text("decision_id", m.DecisionID), short("reason", m.Reason)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) movePointer(m PointerMove) (Pointer, error) {
	if done, found, err := t.moveOf(m); found || err != nil {
		return done, err
	}
	model, err := only(t.access, scanModel, "SELECT "+modelColumns+" FROM models WHERE model_id = ?", m.ModelID)
	switch {
	case err != nil:
		return Pointer{}, fmt.Errorf("model %s: %w", m.ModelID, err)
	case model.ConfigKey != m.ConfigKey:
		return Pointer{}, fmt.Errorf("model %s is for %s, not for %s: %w", m.ModelID, model.ConfigKey, m.ConfigKey, ErrInvalid)
	}
	p := Pointer{ConfigKey: m.ConfigKey, Name: m.Name, ModelID: m.ModelID, Sequence: m.Expect + 1,
		DecisionID: m.DecisionID, Reason: m.Reason, MovedBy: t.writer, MovedAt: t.now}
	swapped, err := t.swap(p, m.Expect)
	switch {
	case err != nil:
		return p, err
	case !swapped:
		return t.lostMove(m)
	}
	_, err = t.exec("INSERT INTO pointer_moves ("+pointerColumns+") VALUES ("+marks(8)+")", p.columns()...)
	return p, err
}

// swap sets the pointer if it is still where it was expected.
func (t *tx) swap(p Pointer, expect int64) (bool, error) {
	if expect == 0 {
		inserted, err := t.exec("INSERT INTO pointers ("+pointerColumns+") VALUES ("+marks(8)+") ON CONFLICT DO NOTHING", p.columns()...)
		return inserted == 1, err
	}
	updated, err := t.exec(`UPDATE pointers SET model_id = ?, sequence = ?, decision_id = ?, reason = ?, moved_by = ?, moved_at = ?
		WHERE config_key = ? AND name = ? AND sequence = ?`,
		p.ModelID, p.Sequence, p.DecisionID, p.Reason, p.MovedBy, micros(p.MovedAt), p.ConfigKey, string(p.Name), expect)
	return updated == 1, err
}

// lostMove tells the same decision, made elsewhere in the meantime, from a real conflict.
func (t *tx) lostMove(m PointerMove) (Pointer, error) {
	if done, found, err := t.moveOf(m); found || err != nil {
		return done, err
	}
	current, _, err := first(t.access, scanPointer, "SELECT "+pointerColumns+" FROM pointers WHERE config_key = ? AND name = ?", m.ConfigKey, string(m.Name))
	if err != nil {
		return Pointer{}, err
	}
	return Pointer{}, &PointerConflict{Wanted: m, Current: current}
}

// moveOf returns the move that this decision has made before.
func (t *tx) moveOf(m PointerMove) (Pointer, bool, error) {
	done, found, err := first(t.access, scanPointer,
		"SELECT "+pointerColumns+" FROM pointer_moves WHERE config_key = ? AND name = ? AND decision_id = ?", m.ConfigKey, string(m.Name), m.DecisionID)
	if found && done.ModelID != m.ModelID {
		return done, true, fmt.Errorf("decision %s has moved %s of %s to model %s already: %w", m.DecisionID, m.Name, m.ConfigKey, done.ModelID, ErrConflict)
	}
	return done, found, err
}
