package autopromotion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/promotion"
)

const (
	// judgements are made of one candidate in one look at most, each against another canonical model.
	judgements = 5
	// gateCooldown and gateCalibration are the gates that open by themselves, and tell nothing about a candidate.
	gateCooldown    = "cooldown"
	gateCalibration = "calibration"
)

// deciding is the work of the stage DECIDING.
type deciding struct {
	settings func() Settings
	streaks  *streaks
}

var (
	_ pipeline.Work   = (*deciding)(nil)
	_ pipeline.Teller = (*deciding)(nil)
)

// Prepare implements pipeline.Work: it does all that is to be done.
func (d *deciding) Prepare(ctx context.Context, session *ledger.Session, order ledger.Stage) (ledger.JobSpec, error) {
	made, found, err := latest(ctx, session.Ledger(), order)
	for range judgements {
		if err == nil && !found {
			made, err = d.judge(ctx, session, order)
		}
		if err != nil {
			return ledger.JobSpec{}, err
		}
		holds, err := carryOut(ctx, session, made)
		if err != nil {
			return ledger.JobSpec{}, err
		}
		if holds {
			return ledger.JobSpec{}, d.done(ctx, session.Ledger(), made)
		}
		found = false // another model is canonical by now
	}
	return ledger.JobSpec{}, pipeline.Fault("contended", "the canonical model has changed %d times while the candidate was judged", judgements)
}

// judge decides about the candidate of an iteration against the model that is canonical now, and keeps the decision. One
// that was made before from the same evaluation, against the same model, counts.
func (d *deciding) judge(ctx context.Context, session *ledger.Session, order ledger.Stage) (decision, error) {
	policy := d.settings().Policy
	if err := policy.Validate(); err != nil {
		return decision{}, pipeline.Wait("policy: %v", err)
	}
	evidence, err := gather(ctx, session.Ledger(), order)
	if err != nil {
		return decision{}, err
	}
	record := promotion.NewRecord(evidence, policy)
	verdict := record.Verdict
	if !verdict.Promote && verdict.Gate == gateCooldown {
		until := evidence.Canonical.MovedAt.Add(time.Duration(policy.CooldownSeconds * float64(time.Second)))
		return decision{}, pipeline.Wait("cooldown: until %s", until.UTC().Format(time.RFC3339))
	}
	if !verdict.Promote && verdict.Gate == gateCalibration {
		return decision{}, pipeline.Wait("calibration: %s", verdict.Reason)
	}
	inputs, err := json.Marshal(pipeline.Promotion{Iteration: order.Iteration, Record: record})
	if err != nil {
		return decision{}, fmt.Errorf("encode the decision about %s: %w", verdict.ModelID, err)
	}
	stored, _, err := session.Decide(ctx, ledger.Decision{
		Kind: pipeline.DecisionPromotion, Key: fmt.Sprintf("%s/%d", evidence.Evaluation.EvalID, evidence.Canonical.Sequence),
		ConfigKey: order.ConfigKey, Inputs: inputs, Verdict: string(verdictOf(verdict)), Reason: verdict.Reason,
	})
	if err != nil {
		return decision{}, err
	}
	return read(stored)
}

// carryOut moves the pointers if that was decided. It is false if another model has become canonical since.
func carryOut(ctx context.Context, session *ledger.Session, made decision) (holds bool, err error) {
	verdict := made.by.Record.Verdict
	if !verdict.Promote {
		return true, nil
	}
	previous, err := session.Ledger().Pointer(ctx, made.ConfigKey, ledger.Previous)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return false, err
	}
	moves := []ledger.PointerMove{{
		ConfigKey: made.ConfigKey, Name: ledger.Canonical, ModelID: verdict.ModelID, DecisionID: made.Key, Reason: made.Reason,
		Expect: made.by.Record.Evidence.Canonical.Sequence,
	}}
	if verdict.Replaces != "" {
		moves = append(moves, ledger.PointerMove{
			ConfigKey: made.ConfigKey, Name: ledger.Previous, ModelID: verdict.Replaces, DecisionID: made.Key, Reason: made.Reason,
			Expect: previous.Sequence,
		})
	}
	_, err = session.MovePointers(ctx, moves...)
	if errors.Is(err, ledger.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

func (d *deciding) done(ctx context.Context, l *ledger.Ledger, made decision) error {
	streak, err := d.streaks.count(ctx, l, made.ConfigKey)
	if err != nil {
		return err
	}
	verdict := made.by.Record.Verdict
	result := pipeline.Decided{Verdict: verdictOf(verdict), PromotionID: made.Key, ModelID: verdict.ModelID, Reason: made.Reason}
	return pipeline.Done(result, news(made, streak)...)
}

// Finish implements pipeline.Work; there is no job to finish.
func (d *deciding) Finish(context.Context, *ledger.Session, ledger.Stage, jobs.Report) (any, []bus.Payload, error) {
	return nil, nil, errors.New("DECIDING has no job")
}

// Began implements pipeline.Teller; there is no job to begin.
func (d *deciding) Began(ledger.Stage, ledger.Job) (bus.Payload, error) { return nil, nil }

// Failed implements pipeline.Teller.
func (d *deciding) Failed(order ledger.Stage, job ledger.Job, class, reason string) bus.Payload {
	return bus.PromotionFailed{StageFailure: pipeline.Failure(order, job, class, reason)}
}
