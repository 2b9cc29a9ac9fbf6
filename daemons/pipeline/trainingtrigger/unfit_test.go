package trainingtrigger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// A dataset that nothing can be trained on is found out, since another one still works, and ends its iteration; the next one
// trains on its own.
func TestADatasetThatBreaksTheTrainingIsFound(t *testing.T) {
	t.Parallel()
	r, picky := pipelinetest.NewPicky(t, &mini, workload.Train, workload.ExitBadInput)
	daemon, parent := r.Daemon(declare(r, asOpen), 1), r.Bootstrap(config)
	train := func() (int64, pipeline.Combined) {
		iteration := r.Open(config)
		return iteration, r.Combine(config, iteration, r.Model(parent.ID), 40)
	}
	first, _ := train()
	require.Equal(t, ledger.StageDone, daemon.Carry(r.Order(config, first, spec.StageTraining)).State)
	r.Close(config, first, spec.VerdictRejected)

	second, bad := train()
	picky.Dislike(bad.Dataset.SHA256.String())
	require.Equal(t, ledger.StageFailed, daemon.Carry(r.Order(config, second, spec.StageTraining)).State, "it may be an accident")
	found := daemon.Carry(r.Order(config, second, spec.StageTraining))
	require.Contains(t, found.Error, `input "dataset" is to blame, and the next attempt does without it`)
	ended := daemon.Carry(r.Order(config, second, spec.StageTraining))
	require.Equal(t, ledger.StageDone, ended.State, ended.Error)
	result := pipelinetest.Result[pipeline.Trained](r, config, second, spec.StageTraining)
	require.Equal(t, spec.VerdictTooFew, result.Verdict)
	require.Contains(t, result.Reason, "train fails with it (bad_input, jobs ")
	left, err := pipeline.LeftOutOf(t.Context(), r.Ledger, config, second)
	require.NoError(t, err)
	require.Equal(t, result.LeftOut, left)
	told, err := bus.Decode[bus.CorruptDataLeftOut](r.Told("CORRUPT_DATA_LEFT_OUT")[0])
	require.NoError(t, err)
	require.Equal(t, bad.Dataset.SHA256.String(), told.Files[0].SHA256)
	require.NotEmpty(t, r.Quarantined(bad.Dataset.SHA256.String()))
	r.Close(config, second, spec.VerdictTooFew)

	third, _ := train()
	require.Equal(t, ledger.StageDone, daemon.Carry(r.Order(config, third, spec.StageTraining)).State)
	require.NotEmpty(t, pipelinetest.Result[pipeline.Trained](r, config, third, spec.StageTraining).ModelID)
}

// A training that has too little to learn from ends the iteration at once.
func TestTooLittleToTrainOnIsNoFailure(t *testing.T) {
	t.Parallel()
	r, picky := pipelinetest.NewPicky(t, &mini, workload.Train, workload.ExitPrecondition)
	daemon, parent := r.Daemon(declare(r, asOpen), 1), r.Bootstrap(config)
	iteration := r.Open(config)
	picky.Dislike(r.Combine(config, iteration, r.Model(parent.ID), 40).Dataset.SHA256.String())
	r.Order(config, iteration, spec.StageTraining)
	daemon.Round()
	r.RunJob(r.Jobs(workload.Train)[0], r.Node)
	daemon.Round()
	ended := r.Last(config, iteration, spec.StageTraining)
	require.Equal(t, ledger.StageDone, ended.State, ended.Error)
	result := pipelinetest.Result[pipeline.Trained](r, config, iteration, spec.StageTraining)
	require.Equal(t, spec.VerdictTooFew, result.Verdict)
	require.Contains(t, result.Reason, "too little data")
	require.Equal(t, ledger.Cancelled, r.Jobs(workload.Train)[0].Status, "nobody asks it again")
	require.Empty(t, r.Told("TRAINING_FAILED"))
	daemon.RequireIdle()
}
