package unifiedpromotion

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/promotion"
)

const (
	// recent decisions of a configuration are looked through for one that moves something.
	recent = 20
	// keyDigits of a hash tell apart the decisions about one model in production.
	keyDigits = 16
)

// decision is one about production, and what it was taken from.
type decision struct {
	ledger.Decision
	record promotion.GuardRecord
}

// moves says whether the decision moves the pointer.
func (d decision) moves() bool {
	action := d.record.Verdict.Action
	return action == promotion.Advance || action == promotion.Rollback
}

// decide takes a decision and keeps it, unless it was taken from the same before.
func decide(ctx context.Context, session *ledger.Session, evidence promotion.GuardEvidence, policy promotion.GuardPolicy) (decision, error) {
	record := promotion.NewGuardRecord(evidence, policy)
	key, err := keyOf(record)
	if err != nil {
		return decision{}, err
	}
	inputs, err := json.Marshal(record)
	if err != nil {
		return decision{}, fmt.Errorf("encode the decision: %w", err)
	}
	stored, _, err := session.Decide(ctx, ledger.Decision{
		Kind: pipeline.DecisionProduction, Key: key, ConfigKey: evidence.ConfigKey, Inputs: inputs,
		Verdict: string(record.Verdict.Action), Reason: record.Verdict.Gate + ": " + record.Verdict.Reason,
	})
	if err != nil {
		return decision{}, err
	}
	return read(stored)
}

// keyOf is the same for the same evidence, policy and verdict, whenever it is looked at. The gates of a verdict may wait
// for a time of their own, so it is part of the key.
func keyOf(record promotion.GuardRecord) (string, error) {
	evidence := record.Evidence
	evidence.JudgedAt = time.Time{}
	text, err := json.Marshal([]any{evidence, record.Policy, record.Verdict.Action, record.Verdict.Gate})
	if err != nil {
		return "", fmt.Errorf("identify the decision: %w", err)
	}
	sum, sequence := sha256.Sum256(text), int64(0)
	if evidence.Production != nil {
		sequence = evidence.Production.Sequence
	}
	return fmt.Sprintf("%s/%d/%s", evidence.ConfigKey, sequence, hex.EncodeToString(sum[:])[:keyDigits]), nil
}

// newest is the last decision of a configuration that moves something: whoever took it may have died before it was
// carried out. One behind many that move nothing was carried out before these were taken.
func newest(ctx context.Context, l *ledger.Ledger, configKey string) (decision, bool, error) {
	list, err := l.Decisions(ctx, pipeline.DecisionProduction, configKey, ledger.Page{Limit: recent})
	if err != nil {
		return decision{}, false, err
	}
	for _, stored := range list.Items {
		made, err := read(stored)
		if err != nil || made.moves() {
			return made, err == nil, err
		}
	}
	return decision{}, false, nil
}

func read(stored ledger.Decision) (decision, error) {
	made := decision{Decision: stored}
	if err := json.Unmarshal(stored.Inputs, &made.record); err != nil {
		return made, fmt.Errorf("decision %s cannot be read: %w", stored.Key, err)
	}
	return made, nil
}
