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

// pipelineEntries are the events of the training loop.
func pipelineEntries() []Entry {
	return []Entry{
		entry[PipelineStageChanged]("a training loop goes on to another stage", []Party{"DATA_PIPELINE"}, []Party{
			"TRAINING_TRIGGER", "EVALUATION", "AUTO_PROMOTION", Observers,
		}),
	}
}
