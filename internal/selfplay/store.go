package selfplay

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// decisionKind is what the ledger calls plans among its decisions.
const decisionKind = "selfplay_plan"

// Latest returns the plan that holds, or nil if none was ever made.
func Latest(ctx context.Context, l *ledger.Ledger) (*Plan, error) {
	newest, err := l.Decisions(ctx, decisionKind, "", ledger.Page{Limit: 1})
	if err != nil || len(newest.Items) == 0 {
		return nil, err
	}
	plan, err := ParsePlan(newest.Items[0].Inputs)
	if err != nil {
		return nil, fmt.Errorf("plan %s in the ledger: %w", newest.Items[0].Key, err)
	}
	return plan, nil
}

// Save stores a plan, which holds from now on. A plan that is there already stays as it is.
func Save(ctx context.Context, session *ledger.Session, plan *Plan) error {
	if err := plan.check(); err != nil {
		return err
	}
	text, err := json.Marshal(plan)
	if err != nil {
		return fmt.Errorf("encode plan %s: %w", plan.ID, err)
	}
	_, _, err = session.Decide(ctx, ledger.Decision{Kind: decisionKind, Key: plan.ID, Inputs: text, Verdict: "planned", Reason: plan.Reason})
	return err
}
