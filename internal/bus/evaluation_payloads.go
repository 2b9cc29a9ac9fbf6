package bus

import (
	"errors"
	"fmt"
)

// Evaluation names the evaluation of a candidate.
type Evaluation struct {
	Config
	EvaluationID string `json:"eval_id"`
	ModelID      string `json:"model_id"`
	Protocol     string `json:"protocol_version"`
	Harness      string `json:"harness"`
}

// Validate implements Payload.
func (e Evaluation) Validate() error {
	return errors.Join(required("config_key", e.ConfigKey), required("eval_id", e.EvaluationID), required("model_id", e.ModelID))
}

// FactKey implements Fact.
func (e Evaluation) FactKey() string { return e.EvaluationID }

// EvaluationStarted says that a candidate is being evaluated.
type EvaluationStarted struct {
	Evaluation
	JobID        string   `json:"job_id"`
	Opponents    []string `json:"opponents"` // baselines, and the id of the canonical model
	GamesPlanned int64    `json:"games_planned"`
}

// EventName implements Payload.
func (EvaluationStarted) EventName() Name { return "EVALUATION_STARTED" }

// FactKey implements Fact: each attempt at an evaluation is a job of its own.
func (s EvaluationStarted) FactKey() string { return s.EvaluationID + " " + s.JobID }

// OpponentScore is a candidate's score against one opponent.
type OpponentScore struct {
	Games     int64   `json:"games"`
	Wins      int64   `json:"wins"`
	Draws     int64   `json:"draws"`
	Losses    int64   `json:"losses"`
	WinRate   float64 `json:"win_rate"` // share of the points
	WilsonLow float64 `json:"wilson_low"`
}

// EvaluationCompleted says that there is evidence of how strong a candidate is.
type EvaluationCompleted struct {
	Evaluation
	Elo             float64                  `json:"elo"`
	EloLow          float64                  `json:"elo_low"`
	EloHigh         float64                  `json:"elo_high"`
	GamesPlayed     int64                    `json:"games_played"` // valid ones
	GamesInvalid    int64                    `json:"games_invalid"`
	OpponentResults map[string]OpponentScore `json:"opponent_results"` // by baseline or model id
	CanonicalID     string                   `json:"canonical_model_id,omitempty"`
}

// EventName implements Payload.
func (EvaluationCompleted) EventName() Name { return "EVALUATION_COMPLETED" }

// EvaluationFailed says that an attempt gave no evidence that counts.
type EvaluationFailed struct{ StageFailure }

// EventName implements Payload.
func (EvaluationFailed) EventName() Name { return "EVALUATION_FAILED" }

// HeadToHeadCompleted says how a candidate did against the model that was canonical.
type HeadToHeadCompleted struct {
	Evaluation
	PreviousModel string  `json:"previous_model"` // that it played against
	NewWins       int64   `json:"new_wins"`
	PreviousWins  int64   `json:"previous_wins"`
	Draws         int64   `json:"draws"`
	GamesPlayed   int64   `json:"games_played"`
	NewWinRate    float64 `json:"new_win_rate"` // share of the points
	// EloDifference is what the rate tells; absent after a perfect score, which tells none.
	EloDifference *float64 `json:"elo_diff,omitempty"`
	Improved      bool     `json:"improved"` // the sequential test says so
}

// EventName implements Payload.
func (HeadToHeadCompleted) EventName() Name { return "HEAD_TO_HEAD_COMPLETED" }

// EloUpdated says that a participant is rated anew.
type EloUpdated struct {
	Config
	ParticipantID string   `json:"participant_id"` // a model id, or a baseline
	Harness       string   `json:"harness"`
	Snapshot      int64    `json:"snapshot"`          // number of the ratings that it is one of
	OldElo        *float64 `json:"old_elo,omitempty"` // absent: it was not rated before
	NewElo        float64  `json:"new_elo"`
	EloLow        float64  `json:"elo_low"`
	EloHigh       float64  `json:"elo_high"`
	GamesPlayed   int64    `json:"games_played"`
}

// EventName implements Payload.
func (EloUpdated) EventName() Name { return "ELO_UPDATED" }

// Validate implements Payload.
func (e EloUpdated) Validate() error {
	return errors.Join(required("config_key", e.ConfigKey), required("participant_id", e.ParticipantID), required("harness", e.Harness))
}

// FactKey implements Fact.
func (e EloUpdated) FactKey() string {
	return fmt.Sprintf("%s %s %d %s", e.ConfigKey, e.Harness, e.Snapshot, e.ParticipantID)
}

// evaluationEntries are the events about how strong models are.
func evaluationEntries() []Entry {
	evaluation, observers := []Party{"EVALUATION"}, []Party{Observers}
	return []Entry{
		entry[EvaluationStarted]("a candidate is being evaluated", evaluation, observers),
		entry[EvaluationCompleted]("there is evidence of a candidate's strength", evaluation,
			[]Party{"MODEL_PERFORMANCE_WATCHDOG", "METRICS_ANALYSIS", Observers}),
		entry[EvaluationFailed]("an evaluation gave no evidence that counts", evaluation, observers),
		entry[HeadToHeadCompleted]("a candidate has played against the canonical model", evaluation, observers),
		entry[EloUpdated]("a participant is rated anew", evaluation, []Party{"METRICS_ANALYSIS", Observers}),
	}
}
