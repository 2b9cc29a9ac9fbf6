package bus

import (
	"errors"
	"fmt"
)

// QualityAssessment is what a node found its newest games of a configuration to be worth as training data.
type QualityAssessment struct {
	Config
	NodeID string `json:"node_id"`
	// Sequence numbers what this node has told of this configuration, from 1.
	Sequence int64 `json:"sequence"`
	// QualityScore is the mean over GamesAssessed games, 0 to 1; the true mean lies within ConfidenceInterval on either
	// side of it, at 95 %.
	QualityScore       float64 `json:"quality_score"`
	GamesAssessed      int64   `json:"games_assessed"`
	Variance           float64 `json:"variance"`
	ConfidenceInterval float64 `json:"confidence_interval"`
	// CredibilityWeight is how much so many games say, 0.5 to 1.
	CredibilityWeight float64 `json:"credibility_weight"`
	// Category is excellent, good, degraded or poor.
	Category         string   `json:"category"`
	PreviousCategory string   `json:"previous_category,omitempty"` // as told last; absent: nothing was told
	PreviousScore    *float64 `json:"previous_score,omitempty"`    // as told last; absent: nothing was told
	Trend            string   `json:"trend"`                       // rising, falling, steady or unknown
}

// Validate implements Payload.
func (a QualityAssessment) Validate() error {
	err := errors.Join(required("config_key", a.ConfigKey), required("node_id", a.NodeID),
		oneOf("category", a.Category, "excellent", "good", "degraded", "poor"))
	if a.QualityScore < 0 || a.QualityScore > 1 {
		err = errors.Join(err, fmt.Errorf("field %q is %v: it must be 0 to 1", "quality_score", a.QualityScore))
	}
	return err
}

// FactKey implements Fact.
func (a QualityAssessment) FactKey() string {
	return fmt.Sprintf("%s %s %d", a.NodeID, a.ConfigKey, a.Sequence)
}

// QualityScoreUpdated says that the quality of a node's newest games has moved.
type QualityScoreUpdated struct{ QualityAssessment }

// EventName implements Payload.
func (QualityScoreUpdated) EventName() Name { return "QUALITY_SCORE_UPDATED" }

// LowQualityDataWarning says beside QualityScoreUpdated that producers should slow down.
type LowQualityDataWarning struct {
	QualityAssessment
	Threshold float64 `json:"threshold"` // that the score is below
}

// EventName implements Payload.
func (LowQualityDataWarning) EventName() Name { return "LOW_QUALITY_DATA_WARNING" }

// HighQualityDataAvailable says beside QualityScoreUpdated that producers may go on.
type HighQualityDataAvailable struct{ QualityAssessment }

// EventName implements Payload.
func (HighQualityDataAvailable) EventName() Name { return "HIGH_QUALITY_DATA_AVAILABLE" }

// QualityCheckRequested asks every node to look at its games of a configuration now.
type QualityCheckRequested struct {
	Config
	Iteration int64  `json:"iteration,omitempty"` // that is about to be trained on
	Reason    string `json:"reason"`
	Priority  string `json:"priority"` // normal or high
}

// EventName implements Payload.
func (QualityCheckRequested) EventName() Name { return "QUALITY_CHECK_REQUESTED" }

// Validate implements Payload.
func (r QualityCheckRequested) Validate() error {
	return errors.Join(required("config_key", r.ConfigKey), required("reason", r.Reason), oneOf("priority", r.Priority, "normal", "high"))
}

// FactKey implements Fact.
func (r QualityCheckRequested) FactKey() string {
	return fmt.Sprintf("%s %d %s", r.ConfigKey, r.Iteration, r.Reason)
}

// QualityCheckFailed says that a node was asked for the quality of its games and could not judge some of them.
type QualityCheckFailed struct {
	Config
	NodeID    string `json:"node_id"`
	RequestID string `json:"request_id"` // the event that asked
	Reason    string `json:"reason"`
	// LastQuality and CurrentState are what was told last; absent: nothing was.
	LastQuality  *float64 `json:"last_quality,omitempty"`
	CurrentState string   `json:"current_state,omitempty"`
}

// EventName implements Payload.
func (QualityCheckFailed) EventName() Name { return "QUALITY_CHECK_FAILED" }

// Validate implements Payload.
func (f QualityCheckFailed) Validate() error {
	return errors.Join(required("config_key", f.ConfigKey), required("node_id", f.NodeID), required("request_id", f.RequestID), required("reason", f.Reason))
}

// FactKey implements Fact.
func (f QualityCheckFailed) FactKey() string { return f.NodeID + " " + f.RequestID }

// TrainingBlockedByQuality says that nothing is trained on a dataset because of the quality of the games.
type TrainingBlockedByQuality struct {
	Config
	Iteration      int64     `json:"iteration"`
	DatasetID      string    `json:"dataset_id"`
	QualityScore   float64   `json:"quality_score"`
	Threshold      float64   `json:"threshold"`
	GamesAssessed  int64     `json:"games_assessed"`
	QualityHistory []float64 `json:"quality_history"` // the checks before, the newest last
	Reason         string    `json:"reason"`
	Recommendation string    `json:"recommendation"`
}

// EventName implements Payload.
func (TrainingBlockedByQuality) EventName() Name { return "TRAINING_BLOCKED_BY_QUALITY" }

// Validate implements Payload.
func (b TrainingBlockedByQuality) Validate() error {
	return errors.Join(required("config_key", b.ConfigKey), required("dataset_id", b.DatasetID), required("reason", b.Reason))
}

// FactKey implements Fact: an iteration is blocked once.
func (b TrainingBlockedByQuality) FactKey() string {
	return fmt.Sprintf("%s %d %s", b.ConfigKey, b.Iteration, b.DatasetID)
}

// qualityEntries are the events about how good games are as training data.
func qualityEntries() []Entry {
	monitor, observers := []Party{"QUALITY_MONITOR"}, []Party{Observers}
	producers := []Party{"SELFPLAY_COORDINATOR", Observers}
	return []Entry{
		entry[QualityScoreUpdated]("the quality of a node's newest games has moved", monitor, observers),
		entry[LowQualityDataWarning]("a node's newest games are worth little", monitor, producers),
		entry[HighQualityDataAvailable]("a node's newest games are worth much again", monitor, producers),
		entry[QualityCheckRequested]("somebody wants to know how good games are", []Party{"DATA_PIPELINE", Operator}, []Party{"QUALITY_MONITOR", Observers}),
		entry[QualityCheckFailed]("games that somebody asked about could not be judged", monitor, observers),
		entry[TrainingBlockedByQuality]("nothing is trained because of the quality of the games", []Party{"TRAINING_TRIGGER"}, producers),
	}
}
