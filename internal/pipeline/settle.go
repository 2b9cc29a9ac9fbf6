package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// settle writes down what came of a look at an order.
func (o *Owner) settle(ctx context.Context, session *ledger.Session, order ledger.Stage, job ledger.Job, err error, seen *Round) error {
	var (
		waits  *wait
		failed *fault
		ended  *done
		lacks  *lacking
	)
	if errors.As(err, &lacks) {
		err = o.miss(ctx, session.Ledger(), order, job, lacks)
	}
	if errors.Is(err, ErrMissing) || errors.Is(err, ledger.ErrNotFound) {
		err = Fault("missing", "%v", err) // it ends this order, and holds up no other one
	}
	switch {
	case errors.As(err, &ended):
		seen.Ended++
		return o.end(ctx, session, order, ended)
	case errors.As(err, &failed):
		seen.Failed = append(seen.Failed, fmt.Sprintf("iteration %d of %s: %s", order.Iteration, order.ConfigKey, failed.text))
		return o.fail(ctx, session, order, job, failed)
	case errors.As(err, &waits):
		seen.wait(order, waits.reason)
		return unlessOver(session.StageWaits(ctx, order.StageKey, order.Attempt, waits.reason))
	}
	return err
}

func (o *Owner) end(ctx context.Context, session *ledger.Session, order ledger.Stage, ended *done) error {
	for _, payload := range ended.told {
		if err := o.tell(ctx, order, payload); err != nil {
			return err
		}
	}
	result, err := json.Marshal(ended.result)
	if err != nil {
		return fmt.Errorf("encode the result: %w", err)
	}
	return o.conclude(ctx, session, order, ledger.StageEnd{State: ledger.StageDone, Result: result})
}

func (o *Owner) fail(ctx context.Context, session *ledger.Session, order ledger.Stage, job ledger.Job, failed *fault) error {
	if teller, tells := o.Work.(Teller); tells {
		if err := o.tell(ctx, order, teller.Failed(order, job, failed.class, failed.text)); err != nil {
			return err
		}
	}
	end := ledger.StageEnd{State: ledger.StageFailed, ErrorClass: failed.class, Error: failed.text}
	if failed.again != "" {
		var err error
		if end.Result, err = json.Marshal(lostResult{failed.again}); err != nil {
			return fmt.Errorf("encode what is lost: %w", err)
		}
	}
	if err := cancelJobs(ctx, session, order, failed.text); err != nil {
		return err
	}
	return o.conclude(ctx, session, order, end)
}

// conclude ends an order in the ledger, and then tells the training loop to look there: it goes on at once.
func (o *Owner) conclude(ctx context.Context, session *ledger.Session, order ledger.Stage, end ledger.StageEnd) error {
	if _, err := session.EndStage(ctx, order.StageKey, order.Attempt, end); err != nil {
		return unlessOver(err)
	}
	return o.tell(ctx, order, bus.PipelineStageEnded{
		Config: bus.ConfigOf(order.ConfigKey), Stage: order.Stage, Iteration: order.Iteration, Attempt: order.Attempt, State: string(end.State),
	})
}

// unlessOver takes it for no error that the order has ended meanwhile: its deadline has come, or it was ended by the
// copy of this daemon before.
func unlessOver(err error) error {
	if errors.Is(err, ledger.ErrConflict) {
		return nil
	}
	return err
}
