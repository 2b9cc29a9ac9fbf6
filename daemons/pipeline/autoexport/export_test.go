package autoexport_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/pipeline/autoexport"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const config = pipelinetest.Config

var mini workloadtest.Mini

func TestMain(m *testing.M) { pipelinetest.Main(m, &mini) }

func declare(r *pipelinetest.Rig) host.Declaration {
	return autoexport.Declare(autoexport.Config{Workloads: r.Workloads})
}

// begin plays games and opens an iteration that has consolidated them.
func begin(r *pipelinetest.Rig, games int, verdict spec.Verdict) (iteration int64, played []string) {
	r.Helper()
	report := r.Play(config, games)
	iteration = r.Open(config)
	consolidated(r, iteration, verdict, report.Outputs[0], int64(games))
	return iteration, r.Inspect(config, report.Outputs[0]).IDs
}

func consolidated(r *pipelinetest.Rig, iteration int64, verdict spec.Verdict, file jobs.Output, games int64) {
	r.Helper()
	r.FinishStage(config, iteration, spec.StageConsolidating, pipeline.Consolidated{Verdict: verdict, Files: []jobs.Output{file}, Games: games})
}

// export has an iteration exported and closes it.
func export(r *pipelinetest.Rig, daemon *pipelinetest.Daemon, iteration int64) pipeline.Exported {
	r.Helper()
	ended := daemon.Carry(r.Order(config, iteration, spec.StageExporting))
	require.Equal(r, ledger.StageDone, ended.State, ended.Error)
	r.Close(config, iteration, spec.VerdictTrained)
	return pipelinetest.Result[pipeline.Exported](r, config, iteration, spec.StageExporting)
}

// Each game is in exactly one dataset: that of its iteration, or the next one if its own had too few.
func TestEachGameIsInOneDataset(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	few, a := begin(r, 4, spec.VerdictTooFew)
	r.Close(config, few, spec.VerdictTooFew)
	second, b := begin(r, 10, "")
	first := export(r, daemon, second)
	facts := r.Inspect(config, first.Dataset)
	require.ElementsMatch(t, slices.Concat(a, b), facts.IDs)
	require.Equal(t, []int64{14, facts.Records}, []int64{first.Games, first.Samples})
	require.True(t, *facts.Finite)
	require.Equal(t, []int64{few, second}, first.Iterations)
	require.Equal(t, r.Mini.Manifest.EncoderVersion, first.EncoderVersion)
	require.Equal(t, first.Dataset.SHA256.String()[:16], first.DatasetID)

	third, c := begin(r, 6, "")
	next := export(r, daemon, third)
	require.Equal(t, c, r.Inspect(config, next.Dataset).IDs, "only what is new")
	require.Len(t, r.Told("NPZ_EXPORT_STARTED"), 2)
	told, err := bus.Decode[bus.NPZExportComplete](r.Told("NPZ_EXPORT_COMPLETE")[0])
	require.NoError(t, err)
	require.Equal(t, []int64{14, first.Samples, few, second}, []int64{told.GamesExported, told.Samples, told.CursorFrom, told.CursorTo})
	require.Len(t, r.Told("PIPELINE_STAGE_ENDED"), 2)

	daemon.RequireIdle()
}

// A game that breaks the rules is left out, and the others are exported.
func TestABrokenGameIsLeftOut(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	games := r.Sample(config, 10)
	games[3].Moves[2].Move = games[3].Moves[0].Move // the cell is taken
	file := r.Import(config, games...)
	output, err := pipeline.GamesOutput(t.Context(), r.Ledger, file)
	require.NoError(t, err)
	iteration := r.Open(config)
	consolidated(r, iteration, "", output, 10)
	exported := export(r, r.Daemon(declare(r), 1), iteration)
	require.EqualValues(t, 9, exported.Games)
	require.NotContains(t, r.Inspect(config, exported.Dataset).IDs, games[3].ID)
}

// An export of more games than there should be does not stand the proof.
func TestMoreGamesThanGivenIsAFailure(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	report := r.Play(config, 10)
	iteration := r.Open(config)
	consolidated(r, iteration, "", report.Outputs[0], 9)
	daemon := r.Daemon(declare(r), 1)
	ended := daemon.Carry(r.Order(config, iteration, spec.StageExporting))
	require.Equal(t, ledger.StageFailed, ended.State)
	require.Equal(t, "the export reports 10 games, and was given 9", ended.Error)
	failed, err := bus.Decode[bus.ExportValidationFailed](r.Told("EXPORT_VALIDATION_FAILED")[0])
	require.NoError(t, err)
	require.Equal(t, ended.Error, failed.Error)
	require.Contains(t, daemon.Health().Findings[0], ended.Error)
	over := r.Told("PIPELINE_STAGE_ENDED")
	require.Len(t, over, 1)
	require.JSONEq(t, `{"config_key":"sq5_2p","board_type":"sq5","num_players":2,"stage":"EXPORTING","iteration":1,"attempt":1,"state":"failed"}`, string(over[0].Payload))
	require.False(t, over[0].OccurredAt.Before(ended.EndedAt), "it is told when the ledger has it: who looks then finds it there")
}

// An export that has nothing to do ends the iteration at once, as one with too few games: without games, and with games
// that make no samples. The next one collects as many as ever, and takes these too.
func TestNothingToExportIsNoFailure(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	iteration := r.Open(config)
	none := daemon.Carry(r.Order(config, iteration, spec.StageExporting))
	require.Equal(t, ledger.StageDone, none.State, none.Error)
	require.Empty(t, r.Jobs(workload.Export))
	r.Close(config, iteration, spec.VerdictTooFew)

	games := r.Sample(config, 6)
	for _, game := range games {
		game.Moves[2].Move = game.Moves[0].Move // the cell is taken
	}
	output, err := pipeline.GamesOutput(t.Context(), r.Ledger, r.Import(config, games...))
	require.NoError(t, err)
	iteration = r.Open(config)
	consolidated(r, iteration, "", output, 6)
	terms := pipeline.Terms{MinGames: 5, Bootstrap: 5}
	before, err := pipeline.Required(t.Context(), r.Ledger, config, iteration, terms)
	require.NoError(t, err)
	require.EqualValues(t, 1, before)
	r.Order(config, iteration, spec.StageExporting)
	daemon.Round()
	r.RunJob(r.Jobs(workload.Export)[0], r.Node)
	daemon.Round()
	useless := r.Last(config, iteration, spec.StageExporting)
	require.Equal(t, ledger.StageDone, useless.State, useless.Error)
	result := pipelinetest.Result[pipeline.Exported](r, config, iteration, spec.StageExporting)
	require.Equal(t, spec.VerdictTooFew, result.Verdict)
	require.Contains(t, result.Reason, "6 games make no samples: ")
	require.Equal(t, ledger.Cancelled, r.Jobs(workload.Export)[0].Status, "nobody asks it again")
	require.Empty(t, r.Told("EXPORT_VALIDATION_FAILED"))
	r.Close(config, iteration, spec.VerdictTooFew)
	after, err := pipeline.Required(t.Context(), r.Ledger, config, iteration, terms)
	require.NoError(t, err)
	require.EqualValues(t, 5, after, "what makes no dataset counts for none")

	third, played := begin(r, 6, "")
	exported := export(r, daemon, third)
	require.Equal(t, played, r.Inspect(config, exported.Dataset).IDs)
	require.Equal(t, []int64{iteration, third}, exported.Iterations)
	daemon.RequireIdle()
}

// A file of games that is corrupt for ever is done without; a dataset that is, has its games exported again.
func TestWhatIsCorruptIsDoneWithout(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	few, _ := begin(r, 4, spec.VerdictTooFew)
	r.Close(config, few, spec.VerdictTooFew)
	lost := pipelinetest.Result[pipeline.Consolidated](r, config, few, spec.StageConsolidating).Files[0]
	r.Rot(r.Node, lost.SHA256.String())
	second, played := begin(r, 10, "")
	require.Equal(t, ledger.StageFailed, daemon.Carry(r.Order(config, second, spec.StageExporting)).State, "it is found out")
	exported := export(r, daemon, second)
	require.Equal(t, played, r.Inspect(config, exported.Dataset).IDs)
	require.Len(t, exported.LeftOut, 1)
	require.Equal(t, []any{lost.SHA256.String(), int64(4), few}, []any{exported.LeftOut[0].SHA256, exported.LeftOut[0].Games, exported.LeftOut[0].Iteration})
	require.Len(t, r.Told("CORRUPT_DATA_LEFT_OUT"), 1)

	require.NoError(t, r.Session.ReportCorrupt(t.Context(), ledger.Corruption{
		SHA256: exported.Dataset.SHA256.String(), Node: r.Node.Name, Path: jobs.HolderPath(exported.Dataset.Place), Reason: "rotten",
	}))
	third, more := begin(r, 6, "")
	require.Equal(t, slices.Sorted(slices.Values(slices.Concat(played, more))), r.Inspect(config, export(r, daemon, third).Dataset).IDs)
}

// Whoever is killed in the middle, there is one dataset, the same as of an undisturbed export.
func TestKilled(t *testing.T) {
	pipelinetest.DaemonToKill(t, declare)
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	iteration, _ := begin(r, 20, "")
	order := r.Order(config, iteration, spec.StageExporting)
	require.Equal(t, ledger.StageDone, r.CarryThroughKills(declare, order, workload.Export).State)

	exported := pipelinetest.Result[pipeline.Exported](r, config, iteration, spec.StageExporting)
	games := pipelinetest.Result[pipeline.Consolidated](r, config, iteration, spec.StageConsolidating).Files[0]
	undisturbed := r.Do(config, workload.Export, workload.ExportParams{Games: []string{"games"}}, pipeline.Input("games", games))
	require.Equal(t, undisturbed.Outputs[0].SHA256, exported.Dataset.SHA256)
	require.Len(t, r.Jobs(workload.Export), 2, "one of them is this test's")
	for _, name := range []bus.Name{"NPZ_EXPORT_STARTED", "NPZ_EXPORT_COMPLETE"} {
		require.Len(t, r.Told(name), 1, name)
	}
}
