package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Decision is a verdict and what it was taken from. There is one per kind and key, and it never changes.
type Decision struct {
	Kind      string          `json:"kind"`
	Key       string          `json:"key"` // the natural key of what was decided, such as an evaluation id
	ConfigKey string          `json:"config_key,omitempty"`
	Inputs    json.RawMessage `json:"inputs"` // a snapshot: facts, thresholds, versions
	Verdict   string          `json:"verdict"`
	Reason    string          `json:"reason"`
	DecidedBy string          `json:"decided_by"`
	DecidedAt time.Time       `json:"decided_at"`
}

const decisionColumns = `kind, decision_key, config_key, inputs, verdict, reason, decided_by, decided_at`

// Decide records a decision unless there is one under this kind and key. It returns the one that counts, and
// whether that is this one. DecidedBy and DecidedAt are set here.
func (s *Session) Decide(ctx context.Context, d Decision) (stored Decision, first bool, err error) {
	act := fmt.Sprintf("decide %s %s", d.Kind, d.Key)
	err = firstError(text("kind", d.Kind), text("key", d.Key), short("config_key", d.ConfigKey), text("verdict", d.Verdict),
		short("reason", d.Reason), document("inputs", d.Inputs))
	if err != nil {
		return stored, false, fmt.Errorf("%s: %w", act, err)
	}
	err = s.write(ctx, act, func(t *tx) error {
		inserted, err := t.exec("INSERT INTO decisions ("+decisionColumns+") VALUES ("+marks(8)+") ON CONFLICT DO NOTHING",
			d.Kind, d.Key, d.ConfigKey, string(d.Inputs), d.Verdict, d.Reason, t.writer, micros(t.now))
		if err != nil {
			return err
		}
		first = inserted == 1
		stored, err = only(t.access, scanDecision, "SELECT "+decisionColumns+" FROM decisions WHERE kind = ? AND decision_key = ?", d.Kind, d.Key)
		return err
	})
	return stored, first, err
}

// Decision returns one decision, or ErrNotFound.
func (l *Ledger) Decision(ctx context.Context, kind, key string) (Decision, error) {
	return readOne(ctx, l, fmt.Sprintf("find decision %s %s", kind, key), scanDecision,
		"SELECT "+decisionColumns+" FROM decisions WHERE kind = ? AND decision_key = ?", kind, key)
}

// Decisions lists decisions, newest first; an empty kind or config means any.
func (l *Ledger) Decisions(ctx context.Context, kind, configKey string, page Page) (List[Decision], error) {
	var w where
	w.equal("kind", kind)
	w.equal("config_key", configKey)
	return listing[Decision]{
		act: "list decisions", query: "SELECT " + decisionColumns + " FROM decisions", scan: scanDecision,
		order: order{keys: []string{"decided_at", "decision_key", "kind"}, newest: true},
		key:   func(d Decision) []any { return []any{d.DecidedAt, d.Key, d.Kind} },
	}.part(ctx, l, w, page)
}

func scanDecision(r row) (d Decision, err error) {
	return d, r.Scan(&d.Kind, &d.Key, &d.ConfigKey, fromJSON(&d.Inputs), &d.Verdict, &d.Reason, &d.DecidedBy, at(&d.DecidedAt))
}
