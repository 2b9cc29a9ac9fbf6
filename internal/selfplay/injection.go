package selfplay

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
)

const (
	// injectionKind is what the ledger calls injections among its decisions.
	injectionKind = "selfplay_injection"
	// InjectionLife is how long after its decision an injection may be queued, and its job be kept for its node.
	InjectionLife = 10 * time.Minute
	// recentInjections are looked through for those that are young.
	recentInjections = 200
)

// Injection is games for an idle node, beyond the stocks of the plan.
type Injection struct {
	ID        string `json:"injection_id"`
	NodeID    string `json:"node_id"`
	ConfigKey string `json:"config_key"`
	Games     int64  `json:"games"`
	// PlanID is of the plan that says who plays, and how; with another plan the injection has lapsed.
	PlanID string `json:"plan_id"`
	// IdleSeconds and TotalGames are what it was decided from: for how long the node was idle, and how many games the
	// configuration had.
	IdleSeconds float64   `json:"idle_seconds"`
	TotalGames  int64     `json:"total_games"`
	At          time.Time `json:"at,omitzero"` // of the decision, by the ledger's clock
}

// JobKey is the idempotency key of the job that plays an injection.
func (i Injection) JobKey() string { return "selfplay/injection/" + i.ID }

// SaveInjection stores an injection. One that is there already stays as it is.
func SaveInjection(ctx context.Context, session *ledger.Session, injection Injection, reason string) error {
	text, err := json.Marshal(injection)
	if err != nil {
		return fmt.Errorf("encode injection %s: %w", injection.ID, err)
	}
	_, _, err = session.Decide(ctx, ledger.Decision{
		Kind: injectionKind, Key: injection.ID, ConfigKey: injection.ConfigKey, Inputs: text, Verdict: "injected", Reason: reason,
	})
	return err
}

// Injections returns those of the last moments, the newest first.
func Injections(ctx context.Context, l *ledger.Ledger, within time.Duration) (young []Injection, err error) {
	now, err := l.Now(ctx)
	if err != nil {
		return nil, err
	}
	recent, err := l.Decisions(ctx, injectionKind, "", ledger.Page{Limit: recentInjections})
	if err != nil {
		return nil, err
	}
	for _, decided := range recent.Items {
		if now.Sub(decided.DecidedAt) > within {
			break
		}
		var injection Injection
		if err := json.Unmarshal(decided.Inputs, &injection); err != nil {
			return nil, fmt.Errorf("injection %s in the ledger: %w", decided.Key, err)
		}
		injection.At = decided.DecidedAt
		young = append(young, injection)
	}
	return young, nil
}
