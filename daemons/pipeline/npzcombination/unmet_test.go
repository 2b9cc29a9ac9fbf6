package npzcombination_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Datasets that are too little to mix are no failure: the iteration's own is passed through at once.
func TestTooLittleToMixIsPassedThrough(t *testing.T) {
	t.Parallel()
	r, picky := pipelinetest.NewPicky(t, &mini, workload.Combine, workload.ExitPrecondition)
	daemon := r.Daemon(declare(r), 1)
	iteration, own := exported(r, r.Sample(config, 20), 0)
	picky.Dislike(own.Dataset.SHA256.String())
	r.Order(config, iteration, spec.StageCombining)
	daemon.Round()
	r.RunJob(r.Jobs(workload.Combine)[0], r.Node)
	daemon.Round()
	ended := r.Last(config, iteration, spec.StageCombining)
	require.Equal(t, ledger.StageDone, ended.State, ended.Error)
	result := pipelinetest.Result[pipeline.Combined](r, config, iteration, spec.StageCombining)
	require.True(t, result.PassedThrough)
	require.Contains(t, result.Reason, "too little data")
	require.Equal(t, []any{own.Dataset.SHA256, own.Samples}, []any{result.Dataset.SHA256, result.Samples})
	require.Equal(t, ledger.Cancelled, r.Jobs(workload.Combine)[0].Status, "nobody asks it again")
	require.Len(t, r.Told("NPZ_COMBINATION_COMPLETE"), 1)
	require.Empty(t, r.Told("NPZ_COMBINATION_FAILED"))
	daemon.RequireIdle()
}
