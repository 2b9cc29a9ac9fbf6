package unifiedpromotion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/promotion"
)

// verdictRolledBack is that of a quarantine that a rollback has made.
const verdictRolledBack = "rolled_back"

// carryOut does what was decided, and tells of it, once in the life of this copy. A decision whose pointers are elsewhere
// by now is out of date: the next sweep decides from what is there then.
func (d *daemon) carryOut(ctx context.Context, session *ledger.Session, made decision) error {
	if !made.moves() || d.settled[made.ConfigKey] == made.Key {
		return nil
	}
	moves, err := movesOf(ctx, session.Ledger(), made)
	if err != nil {
		return err
	}
	_, err = session.MovePointers(ctx, moves...)
	switch {
	case errors.Is(err, ledger.ErrConflict):
		d.settled[made.ConfigKey] = made.Key
		return nil
	case err != nil:
		return err
	}
	if err := quarantine(ctx, session, made); err != nil {
		return err
	}
	if err := d.tell(ctx, session.Ledger(), made); err != nil {
		return err
	}
	d.settled[made.ConfigKey] = made.Key
	return nil
}

// movesOf are the moves of a decision: of production, and of the canonical pointer if it is at the model that is taken
// back.
func movesOf(ctx context.Context, l *ledger.Ledger, made decision) ([]ledger.PointerMove, error) {
	verdict := made.record.Verdict
	moves := []ledger.PointerMove{{
		ConfigKey: made.ConfigKey, Name: ledger.Production, ModelID: verdict.To, Expect: made.record.Evidence.Production.Sequence,
		DecisionID: made.Key, Reason: made.Reason,
	}}
	if verdict.Action != promotion.Rollback {
		return moves, nil
	}
	canonical, err := l.Pointer(ctx, made.ConfigKey, ledger.Canonical)
	if err != nil || canonical.ModelID != verdict.Quarantine {
		return moves, err
	}
	return append(moves, ledger.PointerMove{
		ConfigKey: made.ConfigKey, Name: ledger.Canonical, ModelID: verdict.To, Expect: canonical.Sequence,
		DecisionID: made.Key, Reason: made.Reason,
	}), nil
}

// quarantine keeps a model that was taken back from ever being promoted again.
func quarantine(ctx context.Context, session *ledger.Session, made decision) error {
	if made.record.Verdict.Action != promotion.Rollback {
		return nil
	}
	inputs, err := json.Marshal(map[string]string{"decision": made.Key})
	if err != nil {
		return fmt.Errorf("encode the quarantine: %w", err)
	}
	_, _, err = session.Decide(ctx, ledger.Decision{
		Kind: pipeline.DecisionQuarantine, Key: made.record.Verdict.Quarantine, ConfigKey: made.ConfigKey, Inputs: inputs,
		Verdict: verdictRolledBack, Reason: made.Reason,
	})
	return err
}

func (d *daemon) tell(ctx context.Context, l *ledger.Ledger, made decision) error {
	if d.rt.Bus.Client().MayRepeat(made.DecidedAt) {
		return nil // what is older than the log's memory was told when it happened
	}
	model, err := l.Model(ctx, made.record.Verdict.To)
	if err != nil {
		return err
	}
	event, err := d.rt.Bus.Event(news(made, model))
	if err != nil {
		return err
	}
	event.ConfigKey = made.ConfigKey
	return d.rt.Bus.PublishEvent(ctx, event)
}

// news is the event of a decision. Told again it is the same.
func news(made decision, to ledger.Model) bus.Payload {
	verdict, evidence := made.record.Verdict, made.record.Evidence
	of := bus.Promotion{Config: bus.ConfigOf(made.ConfigKey), PromotionID: made.Key, ModelID: verdict.To, Reason: made.Reason}
	if verdict.Action == promotion.Rollback {
		return bus.PromotionRolledBack{
			Promotion: of, SHA256: to.SHA256, FromModel: verdict.Quarantine, ToModel: verdict.To, EloDrop: drop(evidence),
			Rollbacks: len(evidence.Rollbacks) + 1,
		}
	}
	told := bus.ModelPromoted{Promotion: of, SHA256: to.SHA256, Stage: "production", PreviousModelID: verdict.Replaces, Elo: evidence.Canonical.Rating}
	if told.Elo != nil && evidence.ProductionRating != nil {
		gain := *told.Elo - *evidence.ProductionRating
		told.EloGain = &gain
	}
	return told
}

// drop is how far below the fallback the model in production is rated, as the newest check that knows it says.
func drop(evidence promotion.GuardEvidence) *float64 {
	for i := len(evidence.Checks) - 1; i >= 0; i-- {
		if check := evidence.Checks[i]; check.Rating != nil && check.Reference != nil {
			drop := *check.Reference - *check.Rating
			return &drop
		}
	}
	return nil
}
