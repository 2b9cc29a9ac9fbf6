package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// ErrMissing says that a stage has no result that another one needs.
var ErrMissing = errors.New("has no result")

// Consolidated is what CONSOLIDATING leaves: the games of a cut, each once.
type Consolidated struct {
	// Verdict is VerdictTooFew if no dataset is made of them yet, VerdictInvalid if none of them counts.
	Verdict spec.Verdict `json:"verdict,omitempty"`
	// Reason says why the files are as they were, though the workload can merge.
	Reason     string        `json:"reason,omitempty"`
	Files      []jobs.Output `json:"files"`
	Games      int64         `json:"games"`
	Duplicates int64         `json:"duplicates"`
	Invalid    int64         `json:"invalid"`
	Batches    []string      `json:"batches"` // of the cut
	// LeftOut are the files of the cut that are in none of this.
	LeftOut []LeftOut `json:"left_out,omitempty"`
	// Spoilt are the files that have become corrupt since, as Unexported finds them.
	Spoilt []LeftOut `json:"-"`
	// Tried says that an export has found nothing to do with them, as Unexported finds it.
	Tried bool   `json:"-"`
	JobID string `json:"job_id,omitempty"`
}

// Exported is what EXPORTING leaves: a dataset of the games that were in none before.
type Exported struct {
	Verdict spec.Verdict `json:"verdict,omitempty"` // VerdictTooFew: there was nothing to export, for Reason, and no dataset
	Reason  string       `json:"reason,omitempty"`
	// LeftOut are files of games that the dataset was made without.
	LeftOut        []LeftOut   `json:"left_out,omitempty"`
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
	Verdict   spec.Verdict `json:"verdict,omitempty"`  // VerdictTooFew: the newest dataset is lost, for Reason
	Reason    string       `json:"reason,omitempty"`   // also of PassedThrough
	LeftOut   []LeftOut    `json:"left_out,omitempty"` // what is lost with it
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
	Verdict     spec.Verdict    `json:"verdict,omitempty"` // VerdictTooFew: there was nothing to train on, for Reason
	Reason      string          `json:"reason,omitempty"`
	LeftOut     []LeftOut       `json:"left_out,omitempty"` // the dataset, if it is corrupt
	ModelID     string          `json:"model_id"`
	Model       jobs.Output     `json:"model"`
	ParentID    string          `json:"parent_model_id,omitempty"`
	DatasetID   string          `json:"dataset_id,omitempty"`
	PlanVersion string          `json:"plan_version,omitempty"` // of the settings it was trained by
	Metrics     json.RawMessage `json:"metrics,omitempty"`
	JobID       string          `json:"job_id"`
}

// Evaluated is what EVALUATING leaves: the evidence there is of a candidate. It is kept under its id, so that the same
// candidate is not evaluated twice against the same opponents.
type Evaluated struct {
	EvaluationID string `json:"eval_id"`
	ModelID      string `json:"model_id"`
	CanonicalID  string `json:"canonical_id,omitempty"` // that it was played against; empty: its file is gone
	Protocol     string `json:"protocol_version"`
	Harness      string `json:"harness"`
	JobID        string `json:"job_id"`
	// AuditJobID is the job that has replayed all of the games from their moves and found the same; empty: none has.
	AuditJobID string `json:"audit_job_id,omitempty"`
	// Planned, Valid and Invalid count games.
	Planned int64 `json:"planned"`
	Valid   int64 `json:"valid"`
	Invalid int64 `json:"invalid"`
	// Opponents are baselines by name, and the canonical model by its id.
	Opponents []Faced   `json:"opponents"`
	Node      string    `json:"node"`
	PlayedAt  time.Time `json:"played_at"`
}

// Faced is what came of the games against one opponent, as its reporter and the files of the games say.
type Faced struct {
	Opponent string `json:"opponent"`
	Planned  int64  `json:"planned"`
	Invalid  int64  `json:"invalid"`
	// BySeat is the candidate's score in each seat.
	BySeat []workload.Score `json:"by_seat"`
}

// Score is the candidate's in all seats.
func (f Faced) Score() rating.Score {
	total := workload.ParticipantResult{BySeat: f.BySeat}.Total()
	return rating.Score{Players: len(f.BySeat), Wins: int64(total.Wins), Draws: int64(total.Draws), Losses: int64(total.Losses)}
}

// Decided is what DECIDING leaves.
type Decided struct {
	Verdict     spec.Verdict `json:"verdict"` // VerdictPromoted or VerdictRejected
	PromotionID string       `json:"promotion_id"`
	ModelID     string       `json:"model_id"`
	Reason      string       `json:"reason"`
}

// Fed is what FEEDBACK leaves: by what the next iteration goes.
type Fed struct {
	PlanBefore     string   `json:"plan_before,omitempty"` // that the candidate was trained by; empty: there was no candidate
	PlanVersion    string   `json:"plan_version"`          // that holds now
	WeightsVersion int64    `json:"weights_version"`       // of the curriculum; 0: nobody has weighed yet
	Causes         []string `json:"causes"`                // what the plan follows from
}

// Result reads what the last attempt at a stage of an iteration has left, or ErrMissing. What was lost is none.
func Result[T any](ctx context.Context, l *ledger.Ledger, configKey string, iteration int64, stage spec.Stage) (result T, err error) {
	all, err := l.StagesOf(ctx, configKey, iteration)
	if err != nil {
		return result, err
	}
	for _, one := range slices.Backward(all) {
		if one.Stage != string(stage) {
			continue
		}
		if one.State != ledger.StageDone {
			break
		}
		if err := json.Unmarshal(one.Result, &result); err != nil {
			return result, fmt.Errorf("result of %s of iteration %d of %s: %w", stage, iteration, configKey, err)
		}
		return result, nil
	}
	return result, fmt.Errorf("%s of iteration %d of %s: %w", stage, iteration, configKey, ErrMissing)
}

// Unexported returns what CONSOLIDATING has left in the iterations up to one, and what no dataset has yet, by iteration. A
// dataset of which no good copy is left has nothing, and files of games of which none is left are only told of.
func Unexported(ctx context.Context, l *ledger.Ledger, configKey string, upTo int64) (map[int64]Consolidated, error) {
	found, tried := map[int64]Consolidated{}, false
	for iteration := upTo; iteration > 0; iteration-- {
		exported, err := Result[Exported](ctx, l, configKey, iteration, spec.StageExporting)
		if err != nil && !errors.Is(err, ErrMissing) {
			return nil, err
		}
		tried = tried || exported.Verdict == spec.VerdictTooFew
		if exported.DatasetID != "" {
			reason, err := l.Spoilt(ctx, exported.Dataset.SHA256.String())
			if err != nil {
				return nil, err
			}
			if reason == "" {
				break // it took all that was there
			}
		}
		consolidated, err := Result[Consolidated](ctx, l, configKey, iteration, spec.StageConsolidating)
		if errors.Is(err, ErrMissing) {
			continue
		}
		if err != nil {
			return nil, err
		}
		consolidated.Tried = tried
		if found[iteration], err = consolidated.good(ctx, l, iteration); err != nil {
			return nil, err
		}
	}
	return found, nil
}
