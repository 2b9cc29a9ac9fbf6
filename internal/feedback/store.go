package feedback

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// The kinds under which the ledger has plans and weights among its decisions.
const (
	decisionPlan    = "training_plan"
	decisionWeights = "curriculum_weights"

	verdictPaused, verdictPlanned, verdictWeighed = "paused", "planned", "weighed"
)

// planned is a plan with all that it was made from.
type planned struct {
	Plan     Plan     `json:"plan"`
	Evidence Evidence `json:"evidence"`
	Policy   Policy   `json:"policy"`
}

// weighed are weights with all that they were made from.
type weighed struct {
	Weights  Weights    `json:"weights"`
	Evidence []Evidence `json:"evidence"`
	Policy   Policy     `json:"policy"`
}

// Latest returns the plan of a configuration as it was made; without one, the neutral plan, which has no version. What
// holds now is its At.
func Latest(ctx context.Context, l *ledger.Ledger, configKey string) (Plan, error) {
	newest, err := l.Decisions(ctx, decisionPlan, configKey, ledger.Page{Limit: 1})
	if err != nil || len(newest.Items) == 0 {
		return Plan{ConfigKey: configKey, Values: Neutral()}, err
	}
	var stored planned
	if err := json.Unmarshal(newest.Items[0].Inputs, &stored); err != nil {
		return Plan{}, fmt.Errorf("read plan %s: %w", newest.Items[0].Key, err)
	}
	return stored.Plan, nil
}

// Bring makes another plan of a configuration if its evidence gives one that differs from the last. It returns the plan
// that counts, and whether that is a new one.
func Bring(ctx context.Context, session *ledger.Session, evidence Evidence, policy Policy) (plan Plan, made bool, err error) {
	l := session.Ledger()
	now, err := l.Now(ctx)
	if err != nil {
		return plan, false, err
	}
	last, err := Latest(ctx, l, evidence.ConfigKey)
	if err != nil {
		return plan, false, err
	}
	plan = Derive(evidence, policy, now)
	if last.Version != "" && !plan.Values.differs(last.At(now).Values, policy) {
		return last, false, nil
	}
	plan.Number = last.Number + 1
	plan.Version = versionOf(plan.ConfigKey, plan.Number)
	inputs, err := json.Marshal(planned{plan, evidence, policy})
	if err != nil {
		return plan, false, fmt.Errorf("encode plan %s: %w", plan.Version, err)
	}
	verdict := verdictPlanned
	if plan.Paused() {
		verdict = verdictPaused
	}
	_, made, err = session.Decide(ctx, ledger.Decision{
		Kind: decisionPlan, Key: plan.Version, ConfigKey: plan.ConfigKey, Inputs: inputs, Verdict: verdict, Reason: plan.Values.String() + ": " + reason(plan.Why()),
	})
	if err != nil || made {
		return plan, made, err
	}
	plan, err = Latest(ctx, l, evidence.ConfigKey) // another copy was faster
	return plan, false, err
}

// LatestWeights returns the weights that hold; their version is 0 if there were never any.
func LatestWeights(ctx context.Context, l *ledger.Ledger) (Weights, error) {
	newest, err := l.Decisions(ctx, decisionWeights, "", ledger.Page{Limit: 1})
	if err != nil || len(newest.Items) == 0 {
		return Weights{}, err
	}
	var stored weighed
	if err := json.Unmarshal(newest.Items[0].Inputs, &stored); err != nil {
		return Weights{}, fmt.Errorf("read weights %s: %w", newest.Items[0].Key, err)
	}
	return stored.Weights, nil
}

// BringWeights makes other weights if the evidence gives some that differ from the last, and returns those that count.
func BringWeights(ctx context.Context, session *ledger.Session, all []Evidence, policy Policy) (weights Weights, err error) {
	l := session.Ledger()
	now, err := l.Now(ctx)
	if err != nil {
		return weights, err
	}
	last, err := LatestWeights(ctx, l)
	if err != nil {
		return weights, err
	}
	weights = Weigh(all, last, policy, now)
	if len(weights.Changed) == 0 {
		return last, nil
	}
	weights.Version = last.Version + 1
	inputs, err := json.Marshal(weighed{weights, all, policy})
	if err != nil {
		return weights, fmt.Errorf("encode weights %d: %w", weights.Version, err)
	}
	_, made, err := session.Decide(ctx, ledger.Decision{
		Kind: decisionWeights, Key: fmt.Sprintf("weights/%09d", weights.Version), Inputs: inputs, Verdict: verdictWeighed,
		Reason: reason(weights.Why()),
	})
	if err != nil || made {
		return weights, err
	}
	return LatestWeights(ctx, l) // another copy was faster
}

// reason is what the ledger keeps of causes for people.
func reason(causes []string) string {
	const most = 1000
	text := strings.Join(causes, "; ")
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}
