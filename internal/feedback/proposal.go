package feedback

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
)

const (
	decisionProposal = "feedback_proposal"
	// maxProposals of a configuration are looked at, the newest.
	maxProposals = 50
	// maxPayload bounds one, in bytes: the evidence of a plan is kept with it.
	maxPayload = 2 << 10
)

// Proposal is what somebody has proposed by an event.
type Proposal struct {
	ID      string          `json:"event_id"`
	Name    bus.Name        `json:"type"`
	Source  string          `json:"source"` // who proposes
	At      time.Time       `json:"at"`
	Payload json.RawMessage `json:"payload"`
}

// PlanProposals are the events that propose a training plan, WeightProposals those that propose a weight.
func PlanProposals() []bus.Name {
	return append(WeightProposals(), "HYPERPARAMETER_UPDATED", "ADAPTIVE_PARAMS_CHANGED", "SELFPLAY_TARGET_UPDATED", "PLATEAU_DETECTED")
}

// WeightProposals are the events that propose a weight in the curriculum.
func WeightProposals() []bus.Name {
	return []bus.Name{"REGRESSION_DETECTED", "REGRESSION_CLEARED", "TRAINING_LOSS_ANOMALY"}
}

// Note puts a proposal on record, once, whoever notes it. An event that proposes nothing is left alone. While the
// ledger is away the error has bus.ErrUnavailable in its chain, so that the event comes again.
func Note(ctx context.Context, open func(context.Context) (*ledger.Session, error), event bus.Event) error {
	configKey, proposes, err := proposer(event)
	if err != nil || !proposes {
		return err
	}
	if len(event.Payload) > maxPayload {
		return fmt.Errorf("proposal %s has %d bytes: at most %d are allowed", event.ID, len(event.Payload), maxPayload)
	}
	inputs, err := json.Marshal(Proposal{ID: event.ID, Name: event.Name, Source: event.Source, At: event.OccurredAt, Payload: event.Payload})
	if err != nil {
		return fmt.Errorf("encode proposal %s: %w", event.ID, err)
	}
	session, err := open(ctx)
	if err == nil {
		_, _, err = session.Decide(ctx, ledger.Decision{
			Kind: decisionProposal, Key: event.ID, ConfigKey: configKey, Inputs: inputs, Verdict: "proposed", Reason: string(event.Name),
		})
		if err != nil && !ledger.IsUnavailable(err) {
			return err
		}
	}
	if err != nil {
		return fmt.Errorf("note proposal %s: %w: %w", event.ID, bus.ErrUnavailable, err)
	}
	return nil
}

// proposer is the configuration that an event proposes something for.
func proposer(event bus.Event) (configKey string, proposes bool, err error) {
	for _, name := range PlanProposals() {
		proposes = proposes || name == event.Name
	}
	if !proposes {
		return "", false, nil
	}
	var about bus.Config
	if err := json.Unmarshal(event.Payload, &about); err != nil {
		return "", true, fmt.Errorf("decode event %s (%s): %w", event.ID, event.Name, err)
	}
	return about.ConfigKey, true, nil
}

// Proposals are those for a configuration, the newest first.
func Proposals(ctx context.Context, l *ledger.Ledger, configKey string) ([]Proposal, error) {
	stored, err := l.Decisions(ctx, decisionProposal, configKey, ledger.Page{Limit: maxProposals})
	if err != nil {
		return nil, err
	}
	proposals := []Proposal{}
	for _, one := range stored.Items {
		var proposal Proposal
		if err := json.Unmarshal(one.Inputs, &proposal); err != nil {
			return nil, fmt.Errorf("read proposal %s: %w", one.Key, err)
		}
		if proposal.At.After(one.DecidedAt) { // its producer's clock is ahead
			proposal.At = one.DecidedAt
		}
		proposals = append(proposals, proposal)
	}
	return proposals, nil
}
