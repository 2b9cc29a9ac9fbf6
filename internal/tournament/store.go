package tournament

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// What the ledger calls plans and results among its decisions. They are stored: never change one.
const (
	planKind   = "tournament_plan"
	resultKind = "tournament"

	verdictPlanned = "planned"
	verdictValid   = "valid"
	verdictFailed  = "failed"
)

// Save keeps a plan, unless there is one of its id, and returns the one that counts.
func Save(ctx context.Context, session *ledger.Session, plan Plan) (Plan, error) {
	text, err := json.Marshal(plan)
	if err != nil {
		return plan, fmt.Errorf("encode tournament %s: %w", plan.ID, err)
	}
	stored, _, err := session.Decide(ctx, ledger.Decision{
		Kind: planKind, Key: plan.ID, ConfigKey: plan.ConfigKey, Inputs: text, Verdict: verdictPlanned, Reason: plan.Reason,
	})
	if err != nil {
		return plan, err
	}
	return planOf(stored)
}

// Latest returns the newest plan of a configuration, and whether there is one.
func Latest(ctx context.Context, l *ledger.Ledger, configKey string) (plan Plan, found bool, err error) {
	newest, err := l.Decisions(ctx, planKind, configKey, ledger.Page{Limit: 1})
	if err != nil || len(newest.Items) == 0 {
		return plan, false, err
	}
	plan, err = planOf(newest.Items[0])
	return plan, err == nil, err
}

// latest is how many plans of a configuration, the newest, are looked through for one of a kind: the kinds take turns.
const latest = 10

// LatestOf returns the newest plan of a kind, if it is among the last few of a configuration.
func LatestOf(ctx context.Context, l *ledger.Ledger, configKey, kind string) (plan Plan, found bool, err error) {
	newest, err := l.Decisions(ctx, planKind, configKey, ledger.Page{Limit: latest})
	if err != nil {
		return plan, false, err
	}
	for _, stored := range newest.Items {
		if strings.HasPrefix(stored.Key, configKey+"/"+kind+"/") {
			plan, err = planOf(stored)
			return plan, err == nil, err
		}
	}
	return plan, false, nil
}

// Open returns the plans that have no result yet, those of the configurations that have a model.
func Open(ctx context.Context, l *ledger.Ledger) (open []Plan, err error) {
	pointers, err := l.Pointers(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, pointer := range pointers {
		if pointer.Name != ledger.Canonical {
			continue
		}
		plan, found, err := Latest(ctx, l, pointer.ConfigKey)
		if err != nil {
			return nil, err
		}
		if !found {
			continue
		}
		_, ended, err := ResultOf(ctx, l, plan.ID)
		if err != nil {
			return nil, err
		}
		if !ended {
			open = append(open, plan)
		}
	}
	return open, nil
}

// End keeps what came of a tournament, unless that was done, and returns what counts.
func End(ctx context.Context, session *ledger.Session, result Result) (Result, error) {
	text, err := json.Marshal(result)
	if err != nil {
		return result, fmt.Errorf("encode the result of tournament %s: %w", result.ID, err)
	}
	verdict, reason := verdictValid, fmt.Sprintf("%d games count", result.Valid)
	if !result.Counts {
		verdict, reason = verdictFailed, result.Reason
	}
	stored, _, err := session.Decide(ctx, ledger.Decision{
		Kind: resultKind, Key: result.ID, ConfigKey: result.ConfigKey, Inputs: text, Verdict: verdict, Reason: reason,
	})
	if err != nil {
		return result, err
	}
	return resultOf(stored)
}

// ResultOf returns what came of a tournament, and whether it has ended.
func ResultOf(ctx context.Context, l *ledger.Ledger, id string) (result Result, found bool, err error) {
	stored, err := l.Decision(ctx, resultKind, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return result, false, nil
	}
	if err != nil {
		return result, false, err
	}
	result, err = resultOf(stored)
	return result, err == nil, err
}

// Results returns what came of the newest tournaments of a configuration, newest first, those that do not count too.
func Results(ctx context.Context, l *ledger.Ledger, configKey string, limit int) (all []Result, err error) {
	newest, err := l.Decisions(ctx, resultKind, configKey, ledger.Page{Limit: limit})
	if err != nil {
		return nil, err
	}
	for _, stored := range newest.Items {
		result, err := resultOf(stored)
		if err != nil {
			return nil, err
		}
		all = append(all, result)
	}
	return all, nil
}

func planOf(stored ledger.Decision) (plan Plan, err error) {
	if err := json.Unmarshal(stored.Inputs, &plan); err != nil {
		return plan, fmt.Errorf("tournament %s in the ledger: %w", stored.Key, err)
	}
	plan.MadeAt = stored.DecidedAt
	return plan, nil
}

func resultOf(stored ledger.Decision) (result Result, err error) {
	if err := json.Unmarshal(stored.Inputs, &result); err != nil {
		return result, fmt.Errorf("the result of tournament %s in the ledger: %w", stored.Key, err)
	}
	result.EndedAt = stored.DecidedAt
	return result, nil
}
