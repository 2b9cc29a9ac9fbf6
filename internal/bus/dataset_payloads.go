package bus

import (
	"errors"
	"fmt"
)

// StageWork is the common content of the events that tell of an order of a training loop that is carried out.
type StageWork struct {
	Config
	Iteration int64  `json:"iteration"`
	Attempt   int64  `json:"attempt"`
	JobID     string `json:"job_id,omitempty"` // empty: it needed none
}

// Validate implements Payload.
func (w StageWork) Validate() error { return required("config_key", w.ConfigKey) }

// FactKey implements Fact: an attempt begins once and is completed once.
func (w StageWork) FactKey() string {
	return fmt.Sprintf("%s %d %d", w.ConfigKey, w.Iteration, w.Attempt)
}

// ConsolidationStarted says that the games of a cut are being made into one file.
type ConsolidationStarted struct {
	StageWork
	Files int `json:"files"` // of the cut
}

// EventName implements Payload.
func (ConsolidationStarted) EventName() Name { return "CONSOLIDATION_STARTED" }

// ConsolidationComplete says what the games of a cut have become. It is told also when nothing was new.
type ConsolidationComplete struct {
	StageWork
	Store       string `json:"store,omitempty"` // role and name of the file, if it is one
	GamesMerged int64  `json:"games_merged"`
	Duplicates  int64  `json:"duplicates"`
	Invalid     int64  `json:"invalid"`
	TotalGames  int64  `json:"total_games"` // with those of iterations before that no dataset has
	Verdict     string `json:"verdict,omitempty"`
}

// EventName implements Payload.
func (ConsolidationComplete) EventName() Name { return "CONSOLIDATION_COMPLETE" }

// ConsolidationFailed says why the games of a cut could not be made into one file.
type ConsolidationFailed struct{ StageFailure }

// EventName implements Payload.
func (ConsolidationFailed) EventName() Name { return "CONSOLIDATION_FAILED" }

// NPZExportStarted says that games are being made into a dataset.
type NPZExportStarted struct {
	StageWork
	Files int `json:"files"` // of games
}

// EventName implements Payload.
func (NPZExportStarted) EventName() Name { return "NPZ_EXPORT_STARTED" }

// NPZExportComplete says that there is a dataset of the games that were in none.
type NPZExportComplete struct {
	StageWork
	DatasetID     string `json:"dataset_id"`
	OutputPath    string `json:"output_path"` // role and name on the node that has it
	SHA256        string `json:"sha256"`
	Samples       int64  `json:"samples"`
	GamesExported int64  `json:"games_exported"`
	CursorFrom    int64  `json:"cursor_from"` // the first iteration whose games it has
	CursorTo      int64  `json:"cursor_to"`   // and the last
}

// EventName implements Payload.
func (NPZExportComplete) EventName() Name { return "NPZ_EXPORT_COMPLETE" }

// Validate implements Payload.
func (c NPZExportComplete) Validate() error {
	return errors.Join(c.StageWork.Validate(), required("dataset_id", c.DatasetID), required("sha256", c.SHA256))
}

// ExportValidationFailed says why there is no dataset: the job has failed, or what it left does not stand the proof.
type ExportValidationFailed struct{ StageFailure }

// EventName implements Payload.
func (ExportValidationFailed) EventName() Name { return "EXPORT_VALIDATION_FAILED" }

// NPZCombinationStarted says that datasets are being mixed.
type NPZCombinationStarted struct {
	StageWork
	Sources int `json:"sources"` // datasets
}

// EventName implements Payload.
func (NPZCombinationStarted) EventName() Name { return "NPZ_COMBINATION_STARTED" }

// NPZCombinationComplete says what is trained on.
type NPZCombinationComplete struct {
	StageWork
	DatasetID       string           `json:"dataset_id"`
	OutputPath      string           `json:"output_path"` // role and name on the node that has it
	TotalSamples    int64            `json:"total_samples"`
	SamplesBySource map[string]int64 `json:"samples_by_source"` // by dataset id
	Skipped         []string         `json:"skipped,omitempty"` // datasets, with the reason
	// PassedThrough says that it is the latest export as it was, since mixing failed.
	PassedThrough bool `json:"passed_through,omitempty"`
}

// EventName implements Payload.
func (NPZCombinationComplete) EventName() Name { return "NPZ_COMBINATION_COMPLETE" }

// Validate implements Payload.
func (c NPZCombinationComplete) Validate() error {
	return errors.Join(c.StageWork.Validate(), required("dataset_id", c.DatasetID))
}

// NPZCombinationFailed says why datasets could not be mixed.
type NPZCombinationFailed struct{ StageFailure }

// EventName implements Payload.
func (NPZCombinationFailed) EventName() Name { return "NPZ_COMBINATION_FAILED" }

// CorruptDataLeftOut says that a stage has gone on without files: each is corrupt, and there is no good copy.
type CorruptDataLeftOut struct {
	StageWork
	Stage string        `json:"stage"`
	Files []LeftOutFile `json:"files"`
}

// LeftOutFile is one of the files of CorruptDataLeftOut.
type LeftOutFile struct {
	Iteration int64  `json:"iteration"` // that it came from
	SHA256    string `json:"sha256"`
	Games     int64  `json:"games,omitempty"` // lost with it, as far as no other file has them
	Reason    string `json:"reason"`
}

// EventName implements Payload.
func (CorruptDataLeftOut) EventName() Name { return "CORRUPT_DATA_LEFT_OUT" }

// Validate implements Payload.
func (c CorruptDataLeftOut) Validate() error {
	err := errors.Join(c.StageWork.Validate(), required("stage", c.Stage))
	if len(c.Files) == 0 {
		err = errors.Join(err, fmt.Errorf("field %q is empty: name the files", "files"))
	}
	return err
}

// FactKey implements Fact.
func (c CorruptDataLeftOut) FactKey() string { return c.Stage + " " + c.StageWork.FactKey() }

// datasetEntries are the events on the way from games to what is trained on.
func datasetEntries() []Entry {
	consolidation, export, combination := []Party{"DATA_CONSOLIDATION"}, []Party{"AUTO_EXPORT"}, []Party{"NPZ_COMBINATION"}
	observers := []Party{Observers}
	return []Entry{
		entry[ConsolidationStarted]("the games of a cut are being made into one file", consolidation, observers),
		entry[ConsolidationComplete]("the games of a cut are one file without duplicates", consolidation, observers),
		entry[ConsolidationFailed]("the games of a cut could not be made into one file", consolidation, observers),
		entry[NPZExportStarted]("games are being made into a dataset", export, observers),
		entry[NPZExportComplete]("there is a dataset of games that were in none", export, observers),
		entry[ExportValidationFailed]("games could not be made into a dataset", export, observers),
		entry[NPZCombinationStarted]("datasets are being mixed", combination, observers),
		entry[NPZCombinationComplete]("there is something to train on", combination, observers),
		entry[CorruptDataLeftOut]("a stage has gone on without files that are corrupt for ever",
			[]Party{"DATA_CONSOLIDATION", "AUTO_EXPORT", "NPZ_COMBINATION"}, observers),
		entry[NPZCombinationFailed]("datasets could not be mixed", combination, observers),
	}
}
