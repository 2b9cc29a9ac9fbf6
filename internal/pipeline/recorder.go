package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Party is in whose name the recorder writes and speaks.
const Party = "DATA_PIPELINE"

// RecorderConfig is what a Recorder works with.
type RecorderConfig struct {
	// Open returns the ledger, which stays its caller's.
	Open func(context.Context) (*ledger.Ledger, error)
	// Publish keeps events for the log, durably and in their order.
	Publish func(context.Context, ...bus.Event) error
	// Terms are the settings that a configuration goes by now.
	Terms  func(configKey string) Terms
	Logger *slog.Logger
}

// Recorder writes what pipelines decide into the ledger. Each act may be repeated. An act that the ledger refuses, since
// it was decided from facts that are old, changes nothing. Errors mean that the ledger or the outbox is away: try again.
type Recorder struct{ config RecorderConfig }

// NewRecorder returns a recorder.
func NewRecorder(config RecorderConfig) *Recorder { return &Recorder{config} }

// Act carries one act out and returns what the ledger says then.
func (r *Recorder) Act(ctx context.Context, act spec.PipelineAct) (spec.PipelineFacts, error) {
	opened, err := r.config.Open(ctx)
	if err != nil {
		return spec.PipelineFacts{}, fmt.Errorf("pipeline %s: %w", act.ConfigKey, err)
	}
	err = r.write(ctx, opened.Session(Party, 0), act)
	switch {
	case errors.Is(err, ledger.ErrConflict), errors.Is(err, ledger.ErrNotFound):
		r.config.Logger.Warn("act refused by the ledger", "config", act.ConfigKey, "act", act.Kind, "stage", act.Stage, "error", err)
	case err != nil:
		return spec.PipelineFacts{}, err
	default:
		if err := r.tell(ctx, act); err != nil {
			return spec.PipelineFacts{}, err
		}
	}
	return Observe(ctx, opened, act.ConfigKey, r.config.Terms(act.ConfigKey))
}

func (r *Recorder) write(ctx context.Context, session *ledger.Session, act spec.PipelineAct) error {
	switch act.Kind {
	case spec.ActOpen:
		_, err := session.StartIteration(ctx, act.ConfigKey, IterationID(act.ConfigKey, act.Iteration), string(act.Stage))
		return err
	case spec.ActOrder:
		return r.order(ctx, session, act)
	case spec.ActFail:
		return r.fail(ctx, session, act)
	case spec.ActClose:
		facts, err := lineage(ctx, session.Ledger(), act)
		if err != nil {
			return err
		}
		return session.EndIteration(ctx, act.ConfigKey, act.Iteration, string(act.Verdict), facts)
	}
	return r.note(ctx, session, act)
}

func (r *Recorder) note(ctx context.Context, session *ledger.Session, act spec.PipelineAct) error {
	if act.Iteration == 0 {
		return nil // there is nowhere to write it; its event tells
	}
	return session.SetStage(ctx, act.ConfigKey, act.Iteration, string(act.Stage), nil)
}

func (r *Recorder) order(ctx context.Context, session *ledger.Session, act spec.PipelineAct) error {
	if act.Stage == spec.StageSyncing || act.Stage == spec.StageConsolidating {
		if _, err := session.CutGames(ctx, act.ConfigKey, act.Iteration); err != nil {
			return err
		}
	}
	_, err := session.OrderStage(ctx, ledger.StageOrder{StageKey: keyOf(act), Attempt: act.Attempt, Deadline: act.Deadline, Again: act.Again})
	if err != nil {
		return err
	}
	return r.note(ctx, session, act)
}

// fail ends an order that is over its deadline, and the jobs that its owner has made for it.
func (r *Recorder) fail(ctx context.Context, session *ledger.Session, act spec.PipelineAct) error {
	ended, err := session.EndStage(ctx, keyOf(act), act.Attempt, ledger.StageEnd{
		State: ledger.StageFailed, ErrorClass: "deadline", Error: act.Reason,
	})
	if err != nil {
		return err
	}
	return cancelJobs(ctx, session, ended, "its stage is over its deadline")
}

// cancelJobs ends the jobs that were made for an order and are not over.
func cancelJobs(ctx context.Context, session *ledger.Session, order ledger.Stage, reason string) error {
	keys := []string{JobKey(order), AuditKey(order)}
	for number := range maxTrials {
		keys = append(keys, TrialKey(order, number+1))
	}
	for _, key := range keys {
		if err := cancel(ctx, session, key, reason); err != nil {
			return err
		}
	}
	return nil
}

// cancel ends the job of a key, if there is one that is not over.
func cancel(ctx context.Context, session *ledger.Session, key, reason string) error {
	job, err := session.Ledger().JobByKey(ctx, key)
	if errors.Is(err, ledger.ErrNotFound) || err == nil && job.Status.Final() {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = session.CancelJob(ctx, job.ID, reason)
	return err
}

// tell says what has happened. The words of a repeated act are those of the first.
func (r *Recorder) tell(ctx context.Context, act spec.PipelineAct) error {
	change := bus.PipelineStageChanged{
		Config: bus.ConfigOf(act.ConfigKey), Iteration: act.Iteration, From: string(act.From), To: string(act.Stage),
		Attempt: act.Attempt, Act: string(act.Kind), Verdict: string(act.Verdict), Reason: act.Reason,
	}
	event, err := bus.NewEvent(change, bus.Origin{
		Source: Party, ConfigKey: act.ConfigKey, CorrelationID: IterationID(act.ConfigKey, act.Iteration), OccurredAt: act.At,
	})
	if err != nil {
		return fmt.Errorf("event of pipeline %s: %w", act.ConfigKey, err)
	}
	return r.config.Publish(ctx, event)
}

func keyOf(act spec.PipelineAct) ledger.StageKey {
	return ledger.StageKey{ConfigKey: act.ConfigKey, Iteration: act.Iteration, Stage: string(act.Stage)}
}

// IterationID names an iteration wherever a single text is needed: jobs, events, the ledger.
func IterationID(configKey string, iteration int64) string {
	return fmt.Sprintf("%s/%d", configKey, iteration)
}

// JobKey is the idempotency key of the job that carries out an order.
func JobKey(order ledger.Stage) string {
	return fmt.Sprintf("%s/%s/%d/%d", order.Stage, order.ConfigKey, order.Iteration, order.Attempt)
}

// record is what stays of an iteration.
type record struct {
	Stages []stageRecord `json:"stages"`
	Games  int64         `json:"games"` // of its cut
	Files  []string      `json:"files"` // of its cut, by hash
}

type stageRecord struct {
	Stage    string          `json:"stage"`
	Attempts int64           `json:"attempts"`
	Seconds  float64         `json:"seconds"` // from the first order to the end
	State    string          `json:"state"`
	Result   json.RawMessage `json:"result,omitempty"`
	Error    string          `json:"error,omitempty"`
}

// lineage is the record of an iteration that is being closed: what it was made from, and what came of each stage.
func lineage(ctx context.Context, l *ledger.Ledger, act spec.PipelineAct) (json.RawMessage, error) {
	cut, err := l.Cut(ctx, act.ConfigKey, act.Iteration)
	if err != nil {
		return nil, err
	}
	stages, err := l.StagesOf(ctx, act.ConfigKey, act.Iteration)
	if err != nil {
		return nil, err
	}
	var kept record
	for _, file := range cut {
		kept.Games += file.Games
		kept.Files = append(kept.Files, file.SHA256)
	}
	began := map[string]time.Time{}
	at := map[string]int{}
	for _, one := range stages {
		if _, found := at[one.Stage]; !found {
			at[one.Stage], began[one.Stage] = len(kept.Stages), one.OrderedAt
			kept.Stages = append(kept.Stages, stageRecord{})
		}
		kept.Stages[at[one.Stage]] = stageRecord{
			Stage: one.Stage, Attempts: one.Attempt, Seconds: one.EndedAt.Sub(began[one.Stage]).Seconds(),
			State: string(one.State), Result: one.Result, Error: one.Error,
		}
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return nil, fmt.Errorf("encode the record of iteration %d of %s: %w", act.Iteration, act.ConfigKey, err)
	}
	return text, nil
}
