package pipelinetest

import (
	"encoding/json"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Open begins the next iteration of a configuration and returns its number.
func (r *Rig) Open(config string) int64 {
	r.Helper()
	last, _, err := r.Ledger.LastIteration(r.Context(), config)
	require.NoError(r, err)
	r.act(spec.PipelineAct{Kind: spec.ActOpen, ConfigKey: config, Iteration: last.Number + 1, Stage: spec.StageCollecting})
	return last.Number + 1
}

// Order orders the next attempt at a stage; for CONSOLIDATING it cuts the games, unless that was done.
func (r *Rig) Order(config string, iteration int64, stage spec.Stage) ledger.Stage {
	r.Helper()
	r.act(spec.PipelineAct{
		Kind: spec.ActOrder, ConfigKey: config, Iteration: iteration, Stage: stage, Attempt: r.Last(config, iteration, stage).Attempt + 1,
		Deadline: time.Hour,
	})
	return r.Last(config, iteration, stage)
}

// Close ends an iteration.
func (r *Rig) Close(config string, iteration int64, verdict spec.Verdict) {
	r.Helper()
	r.act(spec.PipelineAct{Kind: spec.ActClose, ConfigKey: config, Iteration: iteration, Stage: spec.StageFeedback, Verdict: verdict})
}

// FinishStage carries a stage out in the name of its owner, with a result that a test makes up.
func (r *Rig) FinishStage(config string, iteration int64, stage spec.Stage, result any) {
	r.Helper()
	order := r.Order(config, iteration, stage)
	text, err := json.Marshal(result)
	require.NoError(r, err)
	_, err = r.Session.EndStage(r.Context(), order.StageKey, order.Attempt, ledger.StageEnd{State: ledger.StageDone, Result: text})
	require.NoError(r, err)
}

// FailStage ends the last attempt at a stage in the name of its owner.
func (r *Rig) FailStage(config string, iteration int64, stage spec.Stage, text string) {
	r.Helper()
	last := r.Last(config, iteration, stage)
	_, err := r.Session.EndStage(r.Context(), last.StageKey, last.Attempt, ledger.StageEnd{State: ledger.StageFailed, ErrorClass: "test", Error: text})
	require.NoError(r, err)
}

// OverDeadline ends an order as the workflow does when its time is over.
func (r *Rig) OverDeadline(order ledger.Stage) {
	r.Helper()
	r.act(spec.PipelineAct{
		Kind: spec.ActFail, ConfigKey: order.ConfigKey, Iteration: order.Iteration, Stage: spec.Stage(order.Stage), Attempt: order.Attempt,
		Reason: "not done in time",
	})
}

// Last is the last attempt at a stage; its number is 0 if there is none.
func (r *Rig) Last(config string, iteration int64, stage spec.Stage) (last ledger.Stage) {
	r.Helper()
	all, err := r.Ledger.StagesOf(r.Context(), config, iteration)
	require.NoError(r, err)
	for _, one := range all {
		if one.Stage == string(stage) {
			last = one
		}
	}
	return last
}

// Result is what a stage has left.
func Result[T any](r *Rig, config string, iteration int64, stage spec.Stage) T {
	r.Helper()
	result, err := pipeline.Result[T](r.Context(), r.Ledger, config, iteration, stage)
	require.NoError(r, err)
	return result
}

// act has one act of the pipeline's workflow written down, as the workflow has it.
func (r *Rig) act(act spec.PipelineAct) {
	r.Helper()
	act.At = time.Now()
	_, err := r.pipeline.Act(r.Context(), act)
	require.NoError(r, err)
}
