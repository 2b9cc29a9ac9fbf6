package bus

import (
	"encoding/json"
	"errors"
	"fmt"
)

// TrainingPlanUpdated says that a configuration is trained and played by another plan from now on.
type TrainingPlanUpdated struct {
	Config
	PlanVersion string          `json:"plan_version"`
	Plan        json.RawMessage `json:"plan"`   // its values, as the ledger has them
	Causes      []string        `json:"causes"` // what they follow from, those too that others have overruled
}

// EventName implements Payload.
func (TrainingPlanUpdated) EventName() Name { return "TRAINING_PLAN_UPDATED" }

// Validate implements Payload.
func (t TrainingPlanUpdated) Validate() error {
	return errors.Join(required("config_key", t.ConfigKey), required("plan_version", t.PlanVersion))
}

// FactKey implements Fact.
func (t TrainingPlanUpdated) FactKey() string { return t.PlanVersion }

// CurriculumRebalanced says that configurations weigh more or less beside each other from now on.
type CurriculumRebalanced struct {
	Version         int64              `json:"version"`
	Weights         map[string]float64 `json:"weights"` // by config key; 1 is neutral
	PreviousWeights map[string]float64 `json:"previous_weights"`
	ChangedConfigs  []string           `json:"changed_configs"`
	Trigger         string             `json:"trigger"` // why
}

// EventName implements Payload.
func (CurriculumRebalanced) EventName() Name { return "CURRICULUM_REBALANCED" }

// Validate implements Payload.
func (c CurriculumRebalanced) Validate() error {
	err := required("trigger", c.Trigger)
	if c.Version < 1 {
		err = errors.Join(err, fmt.Errorf("field %q is %d: it must be 1 or more", "version", c.Version))
	}
	return err
}

// FactKey implements Fact.
func (c CurriculumRebalanced) FactKey() string { return fmt.Sprint(c.Version) }

// feedbackEntries are the events about how what came of trainings changes the next ones.
func feedbackEntries() []Entry {
	return []Entry{
		entry[TrainingPlanUpdated]("a configuration is trained by another plan", []Party{"FEEDBACK_LOOP"}, []Party{"SELFPLAY_COORDINATOR", Observers}),
		entry[CurriculumRebalanced]("configurations have other weights", []Party{"CURRICULUM_INTEGRATION"}, []Party{"SELFPLAY_COORDINATOR", Observers}),
	}
}
