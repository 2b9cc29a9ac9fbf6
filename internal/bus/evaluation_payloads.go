package bus

import (
	"errors"
	"fmt"
	"time"
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

// EvaluationProgress says how many games of an evaluation have been played.
type EvaluationProgress struct {
	Evaluation
	JobID string `json:"job_id"`
	// Tenth of the games, 1 to 9, that this is about: each is told once.
	Tenth       int64   `json:"tenth"`
	GamesPlayed float64 `json:"games_played"`
	GamesTotal  float64 `json:"games_total"` // fewer are played once a test has decided
}

// EventName implements Payload.
func (EvaluationProgress) EventName() Name { return "EVALUATION_PROGRESS" }

// FactKey implements Fact.
func (p EvaluationProgress) FactKey() string {
	return fmt.Sprintf("%s %s %d", p.EvaluationID, p.JobID, p.Tenth)
}

// EvaluationStuck says that an evaluation has not moved on for too long.
type EvaluationStuck struct {
	Evaluation
	JobID string `json:"job_id"`
	// Since is when it last moved on; it identifies the incident.
	Since      time.Time `json:"since"`
	AgeSeconds float64   `json:"age_seconds"` // since then
	Attempts   int64     `json:"attempts"`    // of the job
	Reason     string    `json:"reason"`      // where the job is
}

// EventName implements Payload.
func (EvaluationStuck) EventName() Name { return "EVALUATION_STUCK" }

// FactKey implements Fact.
func (s EvaluationStuck) FactKey() string { return incident(s.EvaluationID, s.JobID, s.Since) }

// EvaluationRecovered says that EVALUATION_STUCK is over: the evaluation has moved on, or has ended.
type EvaluationRecovered struct {
	Evaluation
	JobID string    `json:"job_id"`
	Since time.Time `json:"since"` // as in EVALUATION_STUCK
}

// EventName implements Payload.
func (EvaluationRecovered) EventName() Name { return "EVALUATION_RECOVERED" }

// FactKey implements Fact.
func (r EvaluationRecovered) FactKey() string { return incident(r.EvaluationID, r.JobID, r.Since) }

func incident(evaluation, job string, since time.Time) string {
	return evaluation + " " + job + " " + since.UTC().Format(time.RFC3339Nano)
}

// EvaluationBackpressure says that so many evaluations are open that nothing new is to be trained.
type EvaluationBackpressure struct {
	LevelChange
	Threshold        int64 `json:"threshold"`
	ReleaseThreshold int64 `json:"release_threshold"` // at which it is over
}

// EventName implements Payload.
func (EvaluationBackpressure) EventName() Name { return "EVALUATION_BACKPRESSURE" }

// EvaluationBackpressureReleased says that EVALUATION_BACKPRESSURE is over.
type EvaluationBackpressureReleased struct {
	LevelChange
	Threshold        int64 `json:"threshold"`
	ReleaseThreshold int64 `json:"release_threshold"`
}

// EventName implements Payload.
func (EvaluationBackpressureReleased) EventName() Name { return "EVALUATION_BACKPRESSURE_RELEASED" }

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
	pipeline, producers := []Party{"DATA_PIPELINE", Observers}, []Party{"TRAINING_TRIGGER", "SELFPLAY_COORDINATOR", Observers}
	return []Entry{
		entry[EvaluationStarted]("a candidate is being evaluated", evaluation, observers),
		entry[EvaluationProgress]("a tenth more of an evaluation's games is played", evaluation, observers),
		entry[EvaluationStuck]("an evaluation has not moved on for too long", evaluation, pipeline),
		entry[EvaluationRecovered]("that is over", evaluation, pipeline),
		entry[EvaluationBackpressure]("too many evaluations are open to train and play on", evaluation, producers),
		entry[EvaluationBackpressureReleased]("that is over", evaluation, producers),
		entry[EvaluationCompleted]("there is evidence of a candidate's strength", evaluation,
			[]Party{"UNIFIED_PROMOTION", "GAUNTLET_FEEDBACK", "MODEL_PERFORMANCE_WATCHDOG", "METRICS_ANALYSIS", Observers}),
		entry[EvaluationFailed]("an evaluation gave no evidence that counts", evaluation, observers),
		entry[HeadToHeadCompleted]("a candidate has played against the canonical model", evaluation, observers),
		entry[EloUpdated]("a participant is rated anew", []Party{"EVALUATION", "TOURNAMENT_DAEMON"}, []Party{"METRICS_ANALYSIS", Observers}),
	}
}
