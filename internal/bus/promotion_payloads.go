package bus

import "errors"

// Promotion is the common content of the events that tell of a decision about a model. Of one decision each is told once.
type Promotion struct {
	Config
	PromotionID string `json:"promotion_id"`
	ModelID     string `json:"model_id"`
	Evidence    string `json:"evidence_eval_id,omitempty"` // the evaluation; a config's first model has none
	Reason      string `json:"reason"`
}

// Validate implements Payload.
func (p Promotion) Validate() error {
	return errors.Join(required("config_key", p.ConfigKey), required("promotion_id", p.PromotionID), required("model_id", p.ModelID))
}

// FactKey implements Fact.
func (p Promotion) FactKey() string { return p.PromotionID }

// ModelPromoted says that a pointer of a configuration is at another model.
type ModelPromoted struct {
	Promotion
	SHA256          string   `json:"sha256"`
	Stage           string   `json:"stage"`                       // canonical or production
	PreviousModelID string   `json:"previous_model_id,omitempty"` // empty: it is the first one
	Elo             *float64 `json:"elo,omitempty"`               // absent: unknown
	EloGain         *float64 `json:"elo_gain,omitempty"`          // absent: unknown
}

// EventName implements Payload.
func (ModelPromoted) EventName() Name { return "MODEL_PROMOTED" }

// Validate implements Payload.
func (p ModelPromoted) Validate() error {
	return errors.Join(p.Promotion.Validate(), required("sha256", p.SHA256), oneOf("stage", p.Stage, "canonical", "production"))
}

// FactKey implements Fact.
func (p ModelPromoted) FactKey() string { return p.PromotionID + " " + p.Stage }

// PromotionGate is one condition of a decision.
type PromotionGate struct {
	Name      string `json:"name"`
	Passed    bool   `json:"passed"`
	Actual    string `json:"actual"`
	Threshold string `json:"threshold"`
	Reason    string `json:"reason"`
}

// PromotionRejected says that a candidate does not become canonical.
type PromotionRejected struct {
	Promotion
	Gates       []PromotionGate `json:"gates"`        // all of them
	FirstFailed string          `json:"first_failed"` // names the one that decided
}

// EventName implements Payload.
func (PromotionRejected) EventName() Name { return "PROMOTION_REJECTED" }

// Validate implements Payload.
func (p PromotionRejected) Validate() error {
	return errors.Join(p.Promotion.Validate(), required("first_failed", p.FirstFailed))
}

// PromotionFailed says that no decision could be made or carried out; it is no verdict.
type PromotionFailed struct{ StageFailure }

// EventName implements Payload.
func (PromotionFailed) EventName() Name { return "PROMOTION_FAILED" }

// PromotionCompleted says that a candidate was decided on.
type PromotionCompleted struct {
	Promotion
	Success      bool     `json:"success"`
	EstimatedElo *float64 `json:"estimated_elo,omitempty"` // of the candidate; absent: unknown
	PreviousElo  *float64 `json:"previous_elo,omitempty"`  // of the canonical model before; absent: unknown
	// The latest decisions in a row with the same outcome as this one, which counts.
	ConsecutivePasses   int `json:"consecutive_passes"`
	ConsecutiveFailures int `json:"consecutive_failures"`
}

// EventName implements Payload.
func (PromotionCompleted) EventName() Name { return "PROMOTION_COMPLETED" }

// PromotionRolledBack says that a model has got worse in production: the one before it is back, and it is in quarantine.
type PromotionRolledBack struct {
	Promotion
	SHA256    string   `json:"sha256"` // of the model that is back
	FromModel string   `json:"from_model"`
	ToModel   string   `json:"to_model"`
	EloDrop   *float64 `json:"elo_drop,omitempty"` // how far below the other it was rated; absent: unknown
	Rollbacks int      `json:"rollbacks"`          // of the configuration, with this one
}

// EventName implements Payload.
func (PromotionRolledBack) EventName() Name { return "PROMOTION_ROLLED_BACK" }

// Validate implements Payload.
func (p PromotionRolledBack) Validate() error {
	return errors.Join(p.Promotion.Validate(), required("sha256", p.SHA256), required("from_model", p.FromModel), required("to_model", p.ToModel))
}

// promotionEntries are the events about what becomes of candidates.
func promotionEntries() []Entry {
	promotion, observers := []Party{"AUTO_PROMOTION"}, []Party{Observers}
	return []Entry{
		entry[ModelPromoted]("a pointer of a configuration is at another model", []Party{"AUTO_PROMOTION", "UNIFIED_PROMOTION"},
			[]Party{"MODEL_DISTRIBUTION", "UNIFIED_PROMOTION", "TOURNAMENT_DAEMON", "MODEL_PERFORMANCE_WATCHDOG", "DISTILLATION", Observers}),
		entry[PromotionRejected]("a candidate does not become canonical", promotion, observers),
		entry[PromotionFailed]("a decision could not be made or carried out", promotion, observers),
		entry[PromotionCompleted]("a candidate was decided on", promotion, observers),
		entry[PromotionRolledBack]("a model was taken out of production", []Party{"UNIFIED_PROMOTION"}, []Party{"MODEL_DISTRIBUTION", "TOURNAMENT_DAEMON", Observers}),
	}
}
