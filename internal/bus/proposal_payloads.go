package bus

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Proposal is the common content of the events by which others propose how a configuration is trained, or weighed
// beside others. Its owner decides: FEEDBACK_LOOP about the training plan, CURRICULUM_INTEGRATION about the weight.
type Proposal struct {
	Config
	Reason string `json:"reason"`
	// Evidence names what it follows from: an evaluation, a run, a point of a curve. With the rest of its key it says
	// which proposal this is.
	Evidence string `json:"evidence"`
}

// Validate implements Payload.
func (p Proposal) Validate() error {
	return errors.Join(required("config_key", p.ConfigKey), required("reason", p.Reason), required("evidence", p.Evidence))
}

// FactKey implements Fact.
func (p Proposal) FactKey() string { return p.ConfigKey + " " + p.Evidence }

// HyperparameterUpdated proposes another value of one parameter of a training plan, as a multiple of what the settings
// say: 1 is as set.
type HyperparameterUpdated struct {
	Proposal
	Parameter string  `json:"parameter"` // epochs, learning_rate, batch_size, search_budget, exploration or temperature
	OldValue  float64 `json:"old_value"`
	NewValue  float64 `json:"new_value"`
}

// EventName implements Payload.
func (HyperparameterUpdated) EventName() Name { return "HYPERPARAMETER_UPDATED" }

// Validate implements Payload.
func (h HyperparameterUpdated) Validate() error {
	return errors.Join(h.Proposal.Validate(), required("parameter", h.Parameter), positive("new_value", &h.NewValue))
}

// FactKey implements Fact.
func (h HyperparameterUpdated) FactKey() string { return h.Proposal.FactKey() + " " + h.Parameter }

// AdaptiveParamsChanged proposes to multiply several parameters of a training plan. What is absent stays as it is.
type AdaptiveParamsChanged struct {
	Proposal
	LearningRateMultiplier *float64 `json:"learning_rate_multiplier,omitempty"`
	BatchSizeMultiplier    *float64 `json:"batch_size_multiplier,omitempty"`
	SearchBudgetMultiplier *float64 `json:"search_budget_multiplier,omitempty"`
	TemperatureMultiplier  *float64 `json:"temperature_multiplier,omitempty"`
	ExplorationBoost       *float64 `json:"exploration_boost,omitempty"`
}

// EventName implements Payload.
func (AdaptiveParamsChanged) EventName() Name { return "ADAPTIVE_PARAMS_CHANGED" }

// Validate implements Payload.
func (a AdaptiveParamsChanged) Validate() error {
	return errors.Join(a.Proposal.Validate(), positive("learning_rate_multiplier", a.LearningRateMultiplier),
		positive("batch_size_multiplier", a.BatchSizeMultiplier),
		positive("search_budget_multiplier", a.SearchBudgetMultiplier), positive("temperature_multiplier", a.TemperatureMultiplier),
		positive("exploration_boost", a.ExplorationBoost))
}

// SelfplayTargetUpdated proposes to have more games of a configuration than its share.
type SelfplayTargetUpdated struct {
	Proposal
	ExtraGames int64     `json:"extra_games"`
	ExpiresAt  time.Time `json:"expires_at,omitzero"` // zero: as every boost does
}

// EventName implements Payload.
func (SelfplayTargetUpdated) EventName() Name { return "SELFPLAY_TARGET_UPDATED" }

// Validate implements Payload.
func (s SelfplayTargetUpdated) Validate() error {
	err := s.Proposal.Validate()
	if s.ExtraGames < 1 {
		err = errors.Join(err, fmt.Errorf("field %q is %d: it must be 1 or more", "extra_games", s.ExtraGames))
	}
	return err
}

// RegressionDetected says that a configuration's models have become weaker.
type RegressionDetected struct {
	Proposal
	ModelID  string `json:"model_id,omitempty"`
	Metric   string `json:"metric"`   // elo, or the curve that has fallen
	Severity string `json:"severity"` // minor, moderate, severe or critical
	// Elo figures are absent if the metric is another one.
	CurrentElo  *float64 `json:"current_elo,omitempty"`
	BaselineElo *float64 `json:"baseline_elo,omitempty"` // what it was
	EloDrop     *float64 `json:"elo_drop,omitempty"`
	WinRateDrop *float64 `json:"win_rate_drop,omitempty"`
	Consecutive int      `json:"consecutive_count,omitempty"`
	GamesPlayed int64    `json:"games_played,omitempty"`
	// RecommendedAction is rollback if UNIFIED_PROMOTION is asked to look whether the model must go.
	RecommendedAction string `json:"recommended_action,omitempty"`
}

// EventName implements Payload.
func (RegressionDetected) EventName() Name { return "REGRESSION_DETECTED" }

// Validate implements Payload.
func (r RegressionDetected) Validate() error {
	return errors.Join(r.Proposal.Validate(), required("metric", r.Metric), oneOf("severity", r.Severity, "minor", "moderate", "severe", "critical"))
}

// FactKey implements Fact.
func (r RegressionDetected) FactKey() string {
	return r.Proposal.FactKey() + " " + r.Metric + " " + r.Severity
}

// RegressionCleared says that a regression is over.
type RegressionCleared struct {
	Proposal
	ModelID string `json:"model_id,omitempty"`
	Metric  string `json:"metric"`
}

// EventName implements Payload.
func (RegressionCleared) EventName() Name { return "REGRESSION_CLEARED" }

// Validate implements Payload.
func (r RegressionCleared) Validate() error {
	return errors.Join(r.Proposal.Validate(), required("metric", r.Metric))
}

// FactKey implements Fact.
func (r RegressionCleared) FactKey() string { return r.Proposal.FactKey() + " " + r.Metric }

// PlateauDetected says that a configuration's models do not become stronger any more.
type PlateauDetected struct {
	Proposal
	Metric                 string  `json:"metric"`
	Current                float64 `json:"current"`
	Best                   float64 `json:"best"`
	PointsSinceImprovement int     `json:"points_since_improvement"`
}

// EventName implements Payload.
func (PlateauDetected) EventName() Name { return "PLATEAU_DETECTED" }

// Validate implements Payload.
func (p PlateauDetected) Validate() error {
	return errors.Join(p.Proposal.Validate(), required("metric", p.Metric))
}

// FactKey implements Fact.
func (p PlateauDetected) FactKey() string { return p.Proposal.FactKey() + " " + p.Metric }

// TrainingLossAnomaly says that the loss of a training run is far off its course.
type TrainingLossAnomaly struct {
	Proposal
	RunID        string  `json:"run_id"`
	Epoch        int     `json:"epoch"`
	CurrentLoss  float64 `json:"current_loss"`
	AverageLoss  float64 `json:"avg_loss"`
	AnomalyRatio float64 `json:"anomaly_ratio"`
}

// EventName implements Payload.
func (TrainingLossAnomaly) EventName() Name { return "TRAINING_LOSS_ANOMALY" }

// Validate implements Payload.
func (t TrainingLossAnomaly) Validate() error {
	return errors.Join(t.Proposal.Validate(), required("run_id", t.RunID), notNegative("epoch", t.Epoch))
}

// FactKey implements Fact.
func (t TrainingLossAnomaly) FactKey() string { return fmt.Sprintf("%s %d", t.RunID, t.Epoch) }

// positive is about a factor that is there.
func positive(field string, value *float64) error {
	if value == nil || (*value > 0 && !math.IsInf(*value, 0)) {
		return nil
	}
	return fmt.Errorf("field %q is %v: it must be a number above 0", field, *value)
}

// proposalEntries are what others propose to those who decide how a configuration is trained.
func proposalEntries() []Entry {
	gauntlet, curves, watchdog := []Party{"GAUNTLET_FEEDBACK"}, []Party{"METRICS_ANALYSIS"}, []Party{"MODEL_PERFORMANCE_WATCHDOG"}
	both := append(gauntlet[:1:1], curves...)
	plan, all := []Party{"FEEDBACK_LOOP", Observers}, []Party{"FEEDBACK_LOOP", "CURRICULUM_INTEGRATION", Observers}
	return []Entry{
		entry[HyperparameterUpdated]("somebody proposes another value of a training parameter", gauntlet, plan),
		entry[AdaptiveParamsChanged]("somebody proposes other training parameters", gauntlet, plan),
		entry[SelfplayTargetUpdated]("somebody proposes more games of a configuration", gauntlet, plan),
		entry[RegressionDetected]("a configuration's models have become weaker", append(both, watchdog...), append(all, "UNIFIED_PROMOTION")),
		entry[RegressionCleared]("a regression is over", append(both, watchdog...), all),
		entry[PlateauDetected]("a configuration's models do not become stronger", both, plan),
		entry[TrainingLossAnomaly]("the loss of a training run is far off its course", curves, all),
	}
}
