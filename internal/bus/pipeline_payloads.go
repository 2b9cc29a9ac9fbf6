package bus

import (
	"errors"
	"fmt"
)

// PipelineStageChanged says what the training loop of a configuration does next.
type PipelineStageChanged struct {
	Config
	Iteration int64  `json:"iteration"`
	From      string `json:"from,omitempty"`
	To        string `json:"to"`
	Attempt   int64  `json:"attempt,omitempty"` // of the stage, if one was ordered
	// Act is what was done: open, order, fail, close or note.
	Act     string `json:"act"`
	Verdict string `json:"verdict,omitempty"` // of an iteration that is closed
	Reason  string `json:"reason,omitempty"`
}

// EventName implements Payload.
func (PipelineStageChanged) EventName() Name { return "PIPELINE_STAGE_CHANGED" }

// Validate implements Payload.
func (p PipelineStageChanged) Validate() error {
	return errors.Join(required("config_key", p.ConfigKey), required("to", p.To), required("act", p.Act))
}

// PipelineStageEnded says that an order of a training loop has ended, and that the ledger has it. It is told after that,
// so that who hears it finds it there; who misses it finds it at the next look.
type PipelineStageEnded struct {
	Config
	Stage     string `json:"stage"`
	Iteration int64  `json:"iteration"`
	Attempt   int64  `json:"attempt"`
	State     string `json:"state"` // done or failed
}

// EventName implements Payload.
func (PipelineStageEnded) EventName() Name { return "PIPELINE_STAGE_ENDED" }

// Validate implements Payload.
func (p PipelineStageEnded) Validate() error {
	return errors.Join(required("config_key", p.ConfigKey), required("stage", p.Stage), required("state", p.State))
}

// FactKey implements Fact: an attempt ends once.
func (p PipelineStageEnded) FactKey() string {
	return fmt.Sprintf("%s %s %d %d", p.ConfigKey, p.Stage, p.Iteration, p.Attempt)
}

// SelfplayAllocationUpdated says how many games of each configuration are to be there or on their way.
type SelfplayAllocationUpdated struct {
	PlanID     string           `json:"plan_id"`
	Trigger    string           `json:"trigger"` // why there is another plan
	TotalGames int64            `json:"total_games"`
	Configs    map[string]int64 `json:"configs"` // games by config key
}

// EventName implements Payload.
func (SelfplayAllocationUpdated) EventName() Name { return "SELFPLAY_ALLOCATION_UPDATED" }

// Validate implements Payload.
func (s SelfplayAllocationUpdated) Validate() error {
	return errors.Join(required("plan_id", s.PlanID), required("trigger", s.Trigger))
}

// FactKey implements Fact.
func (s SelfplayAllocationUpdated) FactKey() string { return s.PlanID }

// StageFailure is the common content of the events that tell that an order of a training loop has failed. Another
// attempt may follow.
type StageFailure struct {
	Config
	Stage      string `json:"stage"`
	Iteration  int64  `json:"iteration"`
	Attempt    int64  `json:"attempt"`
	JobID      string `json:"job_id,omitempty"` // empty: it did not come to a job
	Error      string `json:"error"`
	ErrorClass string `json:"error_class"`
}

// Validate implements Payload.
func (f StageFailure) Validate() error {
	return errors.Join(required("config_key", f.ConfigKey), required("stage", f.Stage), required("error", f.Error), required("error_class", f.ErrorClass))
}

// FactKey implements Fact: an attempt fails once.
func (f StageFailure) FactKey() string {
	return fmt.Sprintf("%s %s %d %d", f.ConfigKey, f.Stage, f.Iteration, f.Attempt)
}

// stageOwners are the daemons that carry out stages of training loops: they look when a stage is ordered, and when a
// job has ended that may be theirs.
func stageOwners() []Party {
	return []Party{
		"DATA_PIPELINE", "DATA_CONSOLIDATION", "AUTO_EXPORT", "NPZ_COMBINATION", "TRAINING_TRIGGER", "EVALUATION", "AUTO_PROMOTION",
	}
}

// pipelineEntries are the events of the training loop.
func pipelineEntries() []Entry {
	return []Entry{
		entry[PipelineStageChanged]("a training loop goes on to another stage", []Party{"DATA_PIPELINE"},
			append(stageOwners(), "FEEDBACK_LOOP", "CURRICULUM_INTEGRATION", "SELFPLAY_COORDINATOR", "QUEUE_POPULATOR", "CONTINUOUS_TRAINING_LOOP", Observers)),
		entry[PipelineStageEnded]("what a training loop has ordered is done, or has failed", append(stageOwners(), "FEEDBACK_LOOP"), []Party{"DATA_PIPELINE", Observers}),
		entry[LoopIterationCompleted]("an iteration that a loop wanted is over", []Party{"CONTINUOUS_TRAINING_LOOP"}, []Party{Observers}),
		entry[SelfplayAllocationUpdated]("there is another plan of what to play", []Party{"SELFPLAY_COORDINATOR"}, []Party{"QUEUE_POPULATOR", Observers}),
	}
}

// LoopIterationCompleted says that an iteration which an operator's loop wanted is over. What the log does not tell of
// it is absent.
type LoopIterationCompleted struct {
	Config
	LoopID          string   `json:"loop_id"`
	Turn            int64    `json:"turn"` // of the loop, counted from 1
	Iteration       int64    `json:"iteration"`
	Verdict         string   `json:"verdict"`
	Games           int64    `json:"games"` // that it took
	DatasetID       string   `json:"dataset_id,omitempty"`
	ModelID         string   `json:"model_id,omitempty"`
	Promoted        bool     `json:"promoted"`
	EloBefore       *float64 `json:"elo_before,omitempty"` // of the canonical model
	EloAfter        *float64 `json:"elo_after,omitempty"`  // of the candidate
	DurationSeconds float64  `json:"duration_s"`
}

// EventName implements Payload.
func (LoopIterationCompleted) EventName() Name { return "LOOP_ITERATION_COMPLETED" }

// Validate implements Payload.
func (l LoopIterationCompleted) Validate() error {
	return errors.Join(required("config_key", l.ConfigKey), required("loop_id", l.LoopID), required("verdict", l.Verdict))
}

// FactKey implements Fact.
func (l LoopIterationCompleted) FactKey() string { return fmt.Sprintf("%s %d", l.LoopID, l.Turn) }
