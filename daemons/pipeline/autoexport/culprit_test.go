package autoexport_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// The only file of an export that fails is tried against one that was exported before. Without any such there is no proof.
func TestTheOnlyFileIsToBlameIfOthersWork(t *testing.T) {
	t.Parallel()
	r, picky := pipelinetest.NewPicky(t, &mini, workload.Export, workload.ExitInternal)
	daemon := r.Daemon(declare(r), 1)
	first, _ := begin(r, 6, "")
	good := pipelinetest.Result[pipeline.Consolidated](r, config, first, spec.StageConsolidating).Files[0].SHA256.String()
	picky.Dislike(good)
	alone := daemon.Carry(r.Order(config, first, spec.StageExporting))
	require.Equal(t, ledger.StageFailed, alone.State)
	require.Contains(t, alone.Error, "it has failed 2 times on the same inputs, and none is proved to blame: it is the only one")
	picky.Forgive()
	require.Equal(t, []int64{first}, export(r, daemon, first).Iterations)

	second, _ := begin(r, 7, "")
	bad := pipelinetest.Result[pipeline.Consolidated](r, config, second, spec.StageConsolidating).Files[0].SHA256.String()
	picky.Dislike(bad)
	found := daemon.Carry(r.Order(config, second, spec.StageExporting))
	require.Equal(t, []any{ledger.StageFailed, workload.ClassBadInput}, []any{found.State, found.ErrorClass}, found.Error)
	ended := daemon.Carry(r.Order(config, second, spec.StageExporting))
	require.Equal(t, ledger.StageDone, ended.State, ended.Error)
	result := pipelinetest.Result[pipeline.Exported](r, config, second, spec.StageExporting)
	require.Equal(t, spec.VerdictTooFew, result.Verdict)
	require.Len(t, result.LeftOut, 1)
	require.Equal(t, bad, result.LeftOut[0].SHA256)
	require.EqualValues(t, 7, result.LeftOut[0].Games)
	r.Close(config, second, spec.VerdictTooFew)

	third, played := begin(r, 8, "")
	require.Equal(t, played, r.Inspect(config, export(r, daemon, third).Dataset).IDs)
	require.Empty(t, r.Quarantined(good))
	require.NotEmpty(t, r.Quarantined(bad))
}

// A file that fails and then works was not to blame.
func TestAnAccidentProvesNothing(t *testing.T) {
	t.Parallel()
	r, picky := pipelinetest.NewPicky(t, &mini, workload.Export, workload.ExitInternal)
	daemon := r.Daemon(declare(r), 1)
	first, _ := begin(r, 6, "")
	export(r, daemon, first)
	second, _ := begin(r, 7, "")
	file := pipelinetest.Result[pipeline.Consolidated](r, config, second, spec.StageConsolidating).Files[0].SHA256.String()
	picky.Dislike(file)
	order := r.Order(config, second, spec.StageExporting)
	daemon.Round()
	r.RunJobs() // it fails, twice
	picky.Forgive()
	ended := daemon.Carry(order)
	require.Equal(t, []any{ledger.StageFailed, workload.ClassInternal}, []any{ended.State, ended.ErrorClass})
	require.Contains(t, ended.Error, `the command has worked at last on input "games-1"`)
	require.Empty(t, r.Quarantined(file))
	export(r, daemon, second)
}
