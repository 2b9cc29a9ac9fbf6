package gauntletfeedback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

// The verdicts of answers. They are stored: never change one.
const (
	verdictProposed = "proposed"
	verdictNothing  = "nothing"  // the evaluation asks for no change
	verdictUnusable = "unusable" // it lacks what a proposal rests on
)

// Answer is what follows from one evaluation, and all that it takes to replay it.
type Answer struct {
	Policy    Policy     `json:"policy"`
	Evidence  Evidence   `json:"evidence"`
	Proposals []Proposed `json:"proposals"`
	Missing   []string   `json:"missing,omitempty"`
}

// Proposed is one proposal, as it is told.
type Proposed struct {
	Name    bus.Name        `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

// NewAnswer says what follows from evidence, and keeps what it was made from.
func NewAnswer(e Evidence, policy Policy) (Answer, error) {
	answer := Answer{Policy: policy, Evidence: e, Proposals: []Proposed{}}
	payloads, missing := Propose(e, policy)
	answer.Missing = missing
	for _, payload := range payloads {
		text, err := json.Marshal(payload)
		if err != nil {
			return answer, fmt.Errorf("encode %s: %w", payload.EventName(), err)
		}
		answer.Proposals = append(answer.Proposals, Proposed{payload.EventName(), text})
	}
	return answer, nil
}

// keep stores the answer to an evaluation, and returns the one that counts.
func keep(ctx context.Context, session *ledger.Session, evaluation ledger.Decision, answer Answer) (ledger.Decision, error) {
	inputs, err := json.Marshal(answer)
	if err != nil {
		return ledger.Decision{}, fmt.Errorf("encode the answer to evaluation %s: %w", evaluation.Key, err)
	}
	verdict, reason := verdictNothing, "nothing is to be changed"
	switch {
	case len(answer.Missing) > 0:
		verdict, reason = verdictUnusable, "it lacks "+strings.Join(answer.Missing, ", ")
	case len(answer.Proposals) > 0:
		verdict, reason = verdictProposed, strings.Join(answer.names(), ", ")
	}
	stored, _, err := session.Decide(ctx, ledger.Decision{
		Kind: pipeline.DecisionGauntlet, Key: evaluation.Key, ConfigKey: evaluation.ConfigKey, Inputs: inputs, Verdict: verdict, Reason: reason,
	})
	return stored, err
}

func (a Answer) names() (names []string) {
	for _, proposed := range a.Proposals {
		names = append(names, string(proposed.Name))
	}
	return names
}

// answered says whether an evaluation has its answer.
func answered(ctx context.Context, l *ledger.Ledger, evaluation string) (bool, error) {
	_, err := l.Decision(ctx, pipeline.DecisionGauntlet, evaluation)
	if errors.Is(err, ledger.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// tell publishes the proposals of an answer, once in the life of this copy. Told again they are the same events.
func (d *daemon) tell(ctx context.Context, stored ledger.Decision) error {
	if d.told[stored.ConfigKey] == stored.Key {
		return nil
	}
	if !d.rt.Bus.Client().MayRepeat(stored.DecidedAt) { // what is older than the log's memory was told when it happened
		var answer Answer
		if err := json.Unmarshal(stored.Inputs, &answer); err != nil {
			return fmt.Errorf("read the answer to evaluation %s: %w", stored.Key, err)
		}
		payloads, _ := Propose(answer.Evidence, answer.Policy)
		for _, payload := range payloads {
			event, err := d.rt.Bus.Event(payload)
			if err != nil {
				return err
			}
			event.ConfigKey = stored.ConfigKey
			if err := d.rt.Bus.PublishEvent(ctx, event); err != nil {
				return err
			}
		}
	}
	d.told[stored.ConfigKey] = stored.Key
	return nil
}
