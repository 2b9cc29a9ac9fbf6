package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// ErrMissing says that a stage has no result that another one needs.
var ErrMissing = errors.New("has no result")

// Consolidated is what CONSOLIDATING leaves: the games of a cut, each once.
type Consolidated struct {
	Verdict    spec.Verdict  `json:"verdict,omitempty"` // VerdictTooFew: no dataset is made of them yet
	Files      []jobs.Output `json:"files"`
	Games      int64         `json:"games"`
	Duplicates int64         `json:"duplicates"`
	Invalid    int64         `json:"invalid"`
	Batches    []string      `json:"batches"` // of the cut
	JobID      string        `json:"job_id,omitempty"`
}

// Exported is what EXPORTING leaves: a dataset of the games that were in none before.
type Exported struct {
	DatasetID      string      `json:"dataset_id"`
	Dataset        jobs.Output `json:"dataset"`
	Samples        int64       `json:"samples"`
	Games          int64       `json:"games"`
	EncoderVersion string      `json:"encoder_version"`
	// Iterations are those whose games it has.
	Iterations []int64   `json:"iterations"`
	At         time.Time `json:"at"`
	JobID      string    `json:"job_id"`
}

// Combined is what COMBINING leaves: what is trained on, and what is kept out of it.
type Combined struct {
	DatasetID string       `json:"dataset_id"`
	Dataset   jobs.Output  `json:"dataset"`
	Holdout   *jobs.Output `json:"holdout,omitempty"`
	Samples   int64        `json:"samples"`
	// Sources are the samples of each dataset that went into it, by id.
	Sources map[string]int64 `json:"sources"`
	Skipped []string         `json:"skipped,omitempty"`
	// PassedThrough says that it is the latest export as it was.
	PassedThrough bool   `json:"passed_through,omitempty"`
	JobID         string `json:"job_id,omitempty"`
}

// Trained is what TRAINING leaves: a candidate. INITIALISING leaves the same, without dataset and parent.
type Trained struct {
	ModelID     string          `json:"model_id"`
	Model       jobs.Output     `json:"model"`
	ParentID    string          `json:"parent_model_id,omitempty"`
	DatasetID   string          `json:"dataset_id,omitempty"`
	PlanVersion string          `json:"plan_version,omitempty"` // of the settings it was trained by
	Metrics     json.RawMessage `json:"metrics,omitempty"`
	JobID       string          `json:"job_id"`
}

// Evaluated is what EVALUATING leaves: which evidence there is of a candidate.
type Evaluated struct {
	EvaluationID string `json:"eval_id"`
	ModelID      string `json:"model_id"`
	CanonicalID  string `json:"canonical_id"` // that it was played against
	Protocol     string `json:"protocol_version"`
	Harness      string `json:"harness"`
	JobID        string `json:"job_id"`
	// Planned, Valid and Invalid count games.
	Planned int64 `json:"planned"`
	Valid   int64 `json:"valid"`
	Invalid int64 `json:"invalid"`
}

// Decided is what DECIDING leaves.
type Decided struct {
	Verdict     spec.Verdict `json:"verdict"` // VerdictPromoted or VerdictRejected
	PromotionID string       `json:"promotion_id"`
	ModelID     string       `json:"model_id"`
	Reason      string       `json:"reason"`
}

// Result reads what a stage of an iteration has left, or ErrMissing.
func Result[T any](ctx context.Context, l *ledger.Ledger, configKey string, iteration int64, stage spec.Stage) (result T, err error) {
	all, err := l.StagesOf(ctx, configKey, iteration)
	if err != nil {
		return result, err
	}
	for _, one := range all {
		if one.Stage != string(stage) || one.State != ledger.StageDone {
			continue
		}
		if err := json.Unmarshal(one.Result, &result); err != nil {
			return result, fmt.Errorf("result of %s of iteration %d of %s: %w", stage, iteration, configKey, err)
		}
		return result, nil
	}
	return result, fmt.Errorf("%s of iteration %d of %s: %w", stage, iteration, configKey, ErrMissing)
}

// Unexported returns what CONSOLIDATING has left in the iterations up to one, and what no dataset has yet, by iteration.
func Unexported(ctx context.Context, l *ledger.Ledger, configKey string, upTo int64) (map[int64]Consolidated, error) {
	found := map[int64]Consolidated{}
	for iteration := upTo; iteration > 0; iteration-- {
		exported, err := Result[Exported](ctx, l, configKey, iteration, spec.StageExporting)
		if err == nil && exported.DatasetID != "" {
			break // it took all that was there
		}
		if err != nil && !errors.Is(err, ErrMissing) {
			return nil, err
		}
		consolidated, err := Result[Consolidated](ctx, l, configKey, iteration, spec.StageConsolidating)
		if errors.Is(err, ErrMissing) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[iteration] = consolidated
	}
	return found, nil
}
