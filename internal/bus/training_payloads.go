package bus

import (
	"errors"
	"fmt"
)

// TrainingRun is the common content of the events that tell of the training of a candidate.
type TrainingRun struct {
	Config
	RunID         string `json:"run_id"` // the job
	Iteration     int64  `json:"iteration"`
	Attempt       int64  `json:"attempt"` // of the stage
	DatasetID     string `json:"dataset_id,omitempty"`
	ParentModelID string `json:"parent_model_id,omitempty"`
	PlanVersion   string `json:"plan_version,omitempty"`
}

// Validate implements Payload.
func (r TrainingRun) Validate() error {
	return errors.Join(required("config_key", r.ConfigKey), required("run_id", r.RunID))
}

// FactKey implements Fact: a run begins once and ends once.
func (r TrainingRun) FactKey() string { return r.RunID }

// TrainingStarted says that a candidate is being trained.
type TrainingStarted struct{ TrainingRun }

// EventName implements Payload.
func (TrainingStarted) EventName() Name { return "TRAINING_STARTED" }

// TrainingCompleted says that a candidate is there, verified and in the ledger.
type TrainingCompleted struct {
	TrainingRun
	ModelID         string   `json:"model_id"`
	ModelPath       string   `json:"model_path"` // role and name on the node that has it
	SHA256          string   `json:"sha256"`
	EpochsCompleted int      `json:"epochs_completed"`
	EarlyStopped    bool     `json:"early_stopped"`
	FinalTrainLoss  float64  `json:"final_train_loss"`
	FinalValLoss    *float64 `json:"final_val_loss,omitempty"` // absent without holdout
	PolicyAccuracy  *float64 `json:"policy_accuracy,omitempty"`
	TrainingSamples int64    `json:"training_samples"`
	DurationSeconds float64  `json:"duration_seconds"` // of the last attempt of the job
}

// EventName implements Payload.
func (TrainingCompleted) EventName() Name { return "TRAINING_COMPLETED" }

// Validate implements Payload.
func (c TrainingCompleted) Validate() error {
	return errors.Join(c.TrainingRun.Validate(), required("model_id", c.ModelID), required("sha256", c.SHA256))
}

// TrainingTimeoutReached says that an attempt of a run was ended because it took too long, or was silent for too long.
// Another attempt may follow, from the last checkpoint.
type TrainingTimeoutReached struct {
	TrainingRun
	NodeID       string  `json:"node_id"`
	JobAttempt   int64   `json:"job_attempt"`
	Limit        string  `json:"limit"` // run or silent
	TimeoutHours float64 `json:"timeout_hours"`
	RanSeconds   float64 `json:"ran_seconds"`
}

// EventName implements Payload.
func (TrainingTimeoutReached) EventName() Name { return "TRAINING_TIMEOUT_REACHED" }

// FactKey implements Fact.
func (r TrainingTimeoutReached) FactKey() string { return fmt.Sprintf("%s %d", r.RunID, r.JobAttempt) }

// TrainingFailed says that a candidate could not be trained.
type TrainingFailed struct{ StageFailure }

// EventName implements Payload.
func (TrainingFailed) EventName() Name { return "TRAINING_FAILED" }

// trainingEntries are the events about the training of candidates.
func trainingEntries() []Entry {
	trigger, observers := []Party{"TRAINING_TRIGGER"}, []Party{Observers}
	return []Entry{
		entry[TrainingStarted]("a candidate is being trained", trigger, []Party{"MODEL_DISTRIBUTION", Observers}),
		entry[TrainingCompleted]("a candidate is trained, verified and recorded", trigger, []Party{"METRICS_ANALYSIS", "MODEL_DISTRIBUTION", Observers}),
		entry[TrainingTimeoutReached]("a run was ended because it took too long", trigger, []Party{"DATA_PIPELINE", Observers}),
		entry[TrainingFailed]("a candidate could not be trained", trigger, observers),
	}
}
