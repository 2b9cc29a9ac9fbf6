package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Observe returns what the ledger says of a configuration now.
func Observe(ctx context.Context, l *ledger.Ledger, configKey string, terms Terms) (facts spec.PipelineFacts, err error) {
	if facts.At, err = l.Now(ctx); err != nil { // first: what is read later is never older
		return facts, err
	}
	facts.Rules = terms.Rules
	if facts.Held, err = held(ctx, l, configKey, terms, facts.At); err != nil {
		return facts, err
	}
	last, found, err := l.LastIteration(ctx, configKey)
	if err != nil {
		return facts, err
	}
	if found {
		facts.Last = last.Number
	}
	if found && last.EndedAt.IsZero() {
		facts.Iteration = last.Number
		if facts.Stages, err = stages(ctx, l, configKey, last.Number); err != nil {
			return facts, err
		}
	}
	reached, err := terms.Targets.Reached(ctx, l, configKey, closed(facts))
	if err != nil {
		return facts, err
	}
	facts.Wanted = terms.Wanted && !reached
	uncut, err := l.Uncut(ctx, configKey)
	if err != nil {
		return facts, err
	}
	facts.NewGames = uncut.Games
	facts.Required, facts.HasCanonical, err = required(ctx, l, configKey, closed(facts), terms)
	return facts, err
}

// held is why a loop stands still: the settings say so, or the plan holds the training.
func held(ctx context.Context, l *ledger.Ledger, configKey string, terms Terms, now time.Time) (string, error) {
	if terms.Held != "" {
		return terms.Held, nil
	}
	plan, err := feedback.Latest(ctx, l, configKey)
	if err != nil || !plan.At(now).Paused() {
		return "", err
	}
	return fmt.Sprintf("plan %s holds the training: %s", plan.Version, strings.Join(plan.Why(), "; ")), nil
}

// closed is how many iterations are over.
func closed(facts spec.PipelineFacts) int64 {
	if facts.Iteration != 0 {
		return facts.Iteration - 1
	}
	return facts.Last
}

// stages has the last attempt of each stage of an iteration.
func stages(ctx context.Context, l *ledger.Ledger, configKey string, iteration int64) ([]spec.StageFact, error) {
	all, err := l.StagesOf(ctx, configKey, iteration)
	if err != nil {
		return nil, err
	}
	var facts []spec.StageFact
	at := map[string]int{}
	for _, one := range all {
		fact, err := factOf(one)
		if err != nil {
			return nil, err
		}
		if i, found := at[one.Stage]; found {
			facts[i] = fact
			continue
		}
		at[one.Stage] = len(facts)
		facts = append(facts, fact)
	}
	return facts, nil
}

func factOf(one ledger.Stage) (spec.StageFact, error) {
	fact := spec.StageFact{
		Stage: spec.Stage(one.Stage), Attempt: one.Attempt, State: spec.StageState(one.State), Waiting: one.Waiting, Error: one.Error,
		DeadlineAt: one.DeadlineAt, EndedAt: one.EndedAt,
	}
	if len(one.Result) == 0 {
		return fact, nil
	}
	var result struct {
		Verdict spec.Verdict `json:"verdict"`
		lostResult
	}
	if err := json.Unmarshal(one.Result, &result); err != nil {
		return fact, fmt.Errorf("result of %s of iteration %d of %s: %w", one.Stage, one.Iteration, one.ConfigKey, err)
	}
	fact.Verdict, fact.Again = result.Verdict, result.Again
	return fact, nil
}

// Required is how many games of its own an iteration needs, after those up to one: what these had too few of for a
// dataset, it takes too.
func Required(ctx context.Context, l *ledger.Ledger, configKey string, upTo int64, terms Terms) (int64, error) {
	games, _, err := required(ctx, l, configKey, upTo, terms)
	return games, err
}

func required(ctx context.Context, l *ledger.Ledger, configKey string, upTo int64, terms Terms) (games int64, hasCanonical bool, err error) {
	canonical, err := l.Pointer(ctx, configKey, ledger.Canonical)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return 0, false, err
	}
	hasCanonical = err == nil
	files, err := Unexported(ctx, l, configKey, upTo)
	var left int64
	for _, one := range files {
		if !one.Tried && one.Reason == "" { // else they make no dataset, however many they are
			left += one.Games
		}
	}
	return terms.Required(canonical.Sequence > 1, left), hasCanonical, err
}
