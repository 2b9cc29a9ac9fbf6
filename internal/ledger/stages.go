package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// StageKey names a step of an iteration.
type StageKey struct {
	ConfigKey string `json:"config_key"`
	Iteration int64  `json:"iteration"`
	Stage     string `json:"stage"`
}

func (k StageKey) String() string {
	return fmt.Sprintf("stage %s of iteration %d of %s", k.Stage, k.Iteration, k.ConfigKey)
}

// StageState is how far a stage is.
type StageState string

// The states of a stage. The last two are final for its attempt.
const (
	StageOrdered StageState = "ordered"
	StageDone    StageState = "done"
	StageFailed  StageState = "failed" // another attempt may be ordered
)

// Stage is one attempt at a step of an iteration: what was ordered, and what came of it.
type Stage struct {
	StageKey
	Attempt    int64           `json:"attempt"` // 1 for the first, one more after each that failed or whose result was lost
	State      StageState      `json:"state"`
	Order      json.RawMessage `json:"order,omitempty"`
	Result     json.RawMessage `json:"result,omitempty"`
	Waiting    string          `json:"waiting,omitempty"` // why nothing happens yet; empty once it has ended
	ErrorClass string          `json:"error_class,omitempty"`
	Error      string          `json:"error,omitempty"`
	OrderedAt  time.Time       `json:"ordered_at"`
	DeadlineAt time.Time       `json:"deadline_at,omitzero"` // zero: none
	UpdatedAt  time.Time       `json:"updated_at"`
	EndedAt    time.Time       `json:"ended_at,omitzero"`
}

const stageColumns = `config_key, iteration, stage, attempt, state, instruction, result, waiting, error_class, error,
	ordered_at, deadline_at, updated_at, ended_at`

// OpenStages returns what is ordered and has not ended, the oldest first, at most 1000; an empty stage means any.
func (l *Ledger) OpenStages(ctx context.Context, stage string) ([]Stage, error) {
	var w where
	w.add("state = 'ordered'") // in words, for the index
	w.equal("stage", stage)
	return readAll(ctx, l, "list open stages", scanStage, "SELECT "+stageColumns+" FROM stages"+w.text()+
		" ORDER BY ordered_at, config_key, iteration, sequence LIMIT ?", append(w.args, maxLimit)...)
}

// StagesOf returns all attempts at the stages of an iteration in the order in which they were ordered, at most 1000.
func (l *Ledger) StagesOf(ctx context.Context, configKey string, iteration int64) ([]Stage, error) {
	return readAll(ctx, l, fmt.Sprintf("list stages of iteration %d of %s", iteration, configKey), scanStage,
		"SELECT "+stageColumns+" FROM stages WHERE config_key = ? AND iteration = ? ORDER BY sequence LIMIT ?", configKey, iteration, maxLimit)
}

func scanStage(r row) (s Stage, err error) {
	return s, r.Scan(&s.ConfigKey, &s.Iteration, &s.Stage, &s.Attempt, &s.State, fromJSON(&s.Order), fromJSON(&s.Result), &s.Waiting,
		&s.ErrorClass, &s.Error, at(&s.OrderedAt), at(&s.DeadlineAt), at(&s.UpdatedAt), at(&s.EndedAt))
}
