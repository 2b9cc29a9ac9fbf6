package bus

import "errors"

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

// pipelineEntries are the events of the training loop.
func pipelineEntries() []Entry {
	return []Entry{
		entry[PipelineStageChanged]("a training loop goes on to another stage", []Party{"DATA_PIPELINE"}, []Party{Observers}),
	}
}
