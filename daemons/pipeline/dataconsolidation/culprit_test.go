package dataconsolidation_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// files brings so many files of five games each, and returns their hashes.
func files(r *pipelinetest.Rig, count int) (hashes []string) {
	r.Helper()
	games := r.Sample(config, 5*count)
	for part := range slices.Chunk(games, 5) {
		hashes = append(hashes, r.Import(config, part...).SHA256)
	}
	return hashes
}

// trials are the jobs that were made to find out what is wrong.
func trials(r *pipelinetest.Rig) (all []ledger.Job) {
	r.Helper()
	for _, job := range r.Jobs(workload.Merge) {
		if strings.Contains(job.IdempotencyKey, "/trial/") {
			all = append(all, job)
		}
	}
	return all
}

// Files on which the merge fails, though their bytes, their format and the workload's inspect are fine, are found one after
// the other, whoever is killed meanwhile, and the cut goes on without them.
func TestFilesThatBreakTheMergeAreFound(t *testing.T) {
	t.Parallel()
	r, picky := pipelinetest.NewPicky(t, &mini, workload.Merge, workload.ExitBadInput)
	cut := files(r, 8)
	bad := []string{cut[0], cut[5]}
	picky.Dislike(bad...)
	iteration, epoch := r.Open(config), int64(0)
	for range 1 + 2*len(bad) { // the first failure on the same inputs may be an accident
		r.Order(config, iteration, spec.StageConsolidating)
		for r.Last(config, iteration, spec.StageConsolidating).State == ledger.StageOrdered {
			epoch++ // each look is that of another copy, which knows nothing but the ledger
			r.Daemon(declare(r), epoch).Round()
			r.RunJobs()
		}
	}
	require.Equal(t, ledger.StageDone, r.Last(config, iteration, spec.StageConsolidating).State, r.Last(config, iteration, spec.StageConsolidating).Error)
	result := consolidated(r, iteration)
	require.EqualValues(t, 30, result.Games)
	var left []string
	for _, one := range result.LeftOut {
		left = append(left, one.SHA256)
		require.Contains(t, one.Reason, "merge fails with it (bad_input, jobs ")
		require.EqualValues(t, 5, one.Games)
	}
	require.ElementsMatch(t, bad, left)
	for _, file := range cut {
		reasons := r.Quarantined(file)
		require.Equal(t, slices.Contains(bad, file), len(reasons) == 1, file)
		for _, reason := range reasons {
			require.Contains(t, reason, "and works without it (job ")
		}
	}
	require.LessOrEqual(t, len(trials(r)), 3*(3+1)+2, "halves and the rest: for two files at first, then for one; and each proof")
	for _, trial := range trials(r) {
		if trial.Status == ledger.Completed {
			require.Empty(t, r.Report(trial.ID).Outputs, "nothing of a trial is kept")
		}
	}
	told, err := bus.Decode[bus.CorruptDataLeftOut](r.Told("CORRUPT_DATA_LEFT_OUT")[0])
	require.NoError(t, err)
	require.Len(t, told.Files, 2)
}

// A merge that fails on everything proves nothing against any file: its order fails as ever, says what there is to do, and
// does not search again.
func TestABrokenMergeIsNobodysFault(t *testing.T) {
	t.Parallel()
	r, picky := pipelinetest.NewPicky(t, &mini, workload.Merge, workload.ExitBadInput)
	picky.Dislike("merge")
	files(r, 4)
	daemon, iteration := r.Daemon(declare(r), 1), r.Open(config)
	once := daemon.Carry(r.Order(config, iteration, spec.StageConsolidating))
	require.Equal(t, []any{ledger.StageFailed, workload.ClassBadInput}, []any{once.State, once.ErrorClass})
	require.Empty(t, trials(r), "it may have been an accident")
	second := daemon.Carry(r.Order(config, iteration, spec.StageConsolidating))
	require.Contains(t, second.Error, "it has failed 2 times on the same inputs, and none is proved to blame: ")
	require.Contains(t, second.Error, "Mend the workload or its nodes; the stage is tried again by itself")
	searched := len(trials(r))
	require.Positive(t, searched)
	third := daemon.Carry(r.Order(config, iteration, spec.StageConsolidating))
	require.Contains(t, third.Error, "it has failed 3 times on the same inputs, and none is proved to blame: the search after an earlier attempt")
	require.Len(t, trials(r), searched)
	quarantined, err := r.Node.Files.QuarantinedFiles()
	require.NoError(t, err)
	require.Empty(t, quarantined)
}

// A merge that has too little to do ends the iteration at once, and its games go into the next.
func TestTooLittleToMergeIsNoFailure(t *testing.T) {
	t.Parallel()
	r, picky := pipelinetest.NewPicky(t, &mini, workload.Merge, workload.ExitPrecondition)
	few := files(r, 3)
	picky.Dislike(few[0])
	daemon := r.Daemon(declare(r), 1)
	iteration := r.Open(config)
	r.Order(config, iteration, spec.StageConsolidating)
	daemon.Round()
	r.RunJob(r.Jobs(workload.Merge)[0], r.Node)
	daemon.Round()
	ended := r.Last(config, iteration, spec.StageConsolidating)
	require.Equal(t, ledger.StageDone, ended.State, ended.Error)
	result := consolidated(r, iteration)
	require.Equal(t, spec.VerdictTooFew, result.Verdict)
	require.Contains(t, result.Reason, "too little data")
	require.Equal(t, []int64{3, 15}, []int64{int64(len(result.Files)), result.Games})
	require.Equal(t, ledger.Cancelled, r.Jobs(workload.Merge)[0].Status, "nobody asks it again")
	require.Empty(t, r.Told("CONSOLIDATION_FAILED"))
	r.Close(config, iteration, spec.VerdictTooFew)
	waiting, err := pipeline.Unexported(t.Context(), r.Ledger, config, iteration)
	require.NoError(t, err)
	require.EqualValues(t, 15, waiting[iteration].Games)
	required, err := pipeline.Required(t.Context(), r.Ledger, config, iteration, pipeline.Terms{MinGames: 12, Bootstrap: 12})
	require.NoError(t, err)
	require.EqualValues(t, 12, required, "what was too little once makes no dataset by itself")
	daemon.RequireIdle()
}
