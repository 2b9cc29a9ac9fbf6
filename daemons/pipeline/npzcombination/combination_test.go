package npzcombination_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/pipeline/npzcombination"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/mini/dataset"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/store"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const config = pipelinetest.Config

var mini workloadtest.Mini

func TestMain(m *testing.M) { pipelinetest.Main(m, &mini) }

func declare(r *pipelinetest.Rig) host.Declaration { return declareWith(r, npzcombination.Settings{}) }

func declareWith(r *pipelinetest.Rig, settings npzcombination.Settings) host.Declaration {
	return npzcombination.Declare(npzcombination.Config{Workloads: r.Workloads, Settings: func() npzcombination.Settings { return settings }})
}

// newest is when the last export of a test was made.
var newest = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// exported opens an iteration whose export has some games and is of an age; changes make another export of it.
func exported(r *pipelinetest.Rig, games []*store.Game, age time.Duration, changes ...func(*pipeline.Exported)) (iteration int64, made pipeline.Exported) {
	r.Helper()
	file, err := pipeline.GamesInput(r.Context(), r.Ledger, "games", r.Import(config, games...).SHA256)
	require.NoError(r, err)
	report := r.Do(config, workload.Export, workload.ExportParams{Games: []string{"games"}}, file)
	made = pipeline.Exported{
		DatasetID: pipeline.FileID(report.Outputs[0]), Dataset: report.Outputs[0], Samples: *report.Outputs[0].Records, Games: int64(len(games)),
		EncoderVersion: r.Mini.Manifest.EncoderVersion, At: newest.Add(-age), JobID: report.JobID,
	}
	for _, change := range changes {
		change(&made)
	}
	iteration = r.Open(config)
	r.FinishStage(config, iteration, spec.StageExporting, made)
	return iteration, made
}

// older is exported, in an iteration that is over.
func older(r *pipelinetest.Rig, games []*store.Game, age time.Duration, changes ...func(*pipeline.Exported)) pipeline.Exported {
	r.Helper()
	iteration, made := exported(r, games, age, changes...)
	r.Close(config, iteration, spec.VerdictTrained)
	return made
}

func combined(r *pipelinetest.Rig, daemon *pipelinetest.Daemon, iteration int64) pipeline.Combined {
	r.Helper()
	ended := daemon.Carry(r.Order(config, iteration, spec.StageCombining))
	require.Equal(r, ledger.StageDone, ended.State, ended.Error)
	return pipelinetest.Result[pipeline.Combined](r, config, iteration, spec.StageCombining)
}

// rows counts how often each sample is in files.
func rows(r *pipelinetest.Rig, files ...jobs.Output) map[string]int {
	r.Helper()
	rules, err := game.Lookup(config)
	require.NoError(r, err)
	counts := map[string]int{}
	for _, file := range files {
		reader, err := dataset.Open(r.Path(file), rules)
		require.NoError(r, err)
		require.NoError(r, reader.Each(func(row *dataset.Row) error {
			counts[fmt.Sprint(row.GameID, " ", row.Position)]++
			return nil
		}))
		require.NoError(r, reader.Close())
	}
	return counts
}

// repetition is how often the samples that only one dataset has are in a mixture, on average.
func repetition(mixture, of, notIn map[string]int) float64 {
	total, samples := 0, 0
	for row := range of {
		if count, found := mixture[row]; found && notIn[row] == 0 {
			total, samples = total+count, samples+1
		}
	}
	return float64(total) / float64(samples)
}

// Two exports with shared games become their union, the fresh one with more weight.
func TestAMixtureIsTheUnion(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	games := r.Sample(config, 90)
	old := older(r, games[:60], 48*time.Hour)
	iteration, fresh := exported(r, games[50:], 0)
	daemon := r.Daemon(declare(r), 1)
	result := combined(r, daemon, iteration)

	require.NotNil(t, result.Holdout)
	require.False(t, result.PassedThrough)
	ofOld, ofFresh := rows(r, old.Dataset), rows(r, fresh.Dataset)
	trained, held := rows(r, result.Dataset), rows(r, *result.Holdout)
	require.ElementsMatch(t, slices.Collect(maps.Keys(rows(r, old.Dataset, fresh.Dataset))),
		slices.Collect(maps.Keys(rows(r, result.Dataset, *result.Holdout))))
	for row := range held {
		require.NotContains(t, trained, row, "a sample that is held out")
	}
	require.Greater(t, repetition(trained, ofFresh, ofOld), 1.3)
	require.Equal(t, 1.0, repetition(trained, ofOld, ofFresh))
	require.Len(t, result.Sources, 2)
	facts := r.Inspect(config, result.Dataset)
	require.Equal(t, facts.Records, result.Samples)
	require.True(t, *facts.Finite)
	require.Len(t, r.Inspect(config, *result.Holdout).IDs, 9, "a tenth of the games")

	told, err := bus.Decode[bus.NPZCombinationComplete](r.Told("NPZ_COMBINATION_COMPLETE")[0])
	require.NoError(t, err)
	require.Equal(t, result.Sources, told.SamplesBySource)
	require.Len(t, r.Told("NPZ_COMBINATION_STARTED"), 1)

	daemon.RequireIdle()
}

// Whoever is killed in the middle, and whenever it is made: the same inputs with the same seed are the same bytes.
func TestKilled(t *testing.T) {
	pipelinetest.DaemonToKill(t, declare)
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	games := r.Sample(config, 30)
	older(r, games[:20], 12*time.Hour)
	iteration, _ := exported(r, games[20:], 0)
	order := r.Order(config, iteration, spec.StageCombining)
	require.Equal(t, ledger.StageDone, r.CarryThroughKills(declare, order, workload.Combine).State)
	queued := r.Jobs(workload.Combine)
	require.Len(t, queued, 1)
	for _, name := range []bus.Name{"NPZ_COMBINATION_STARTED", "NPZ_COMBINATION_COMPLETE"} {
		require.Len(t, r.Told(name), 1, name)
	}

	again, err := r.Session.SubmitJob(t.Context(), ledger.JobSpec{
		IdempotencyKey: "again", Kind: queued[0].Kind, ConfigKey: config, Class: ledger.Normal, Request: queued[0].Request,
	})
	require.NoError(t, err)
	r.RunJobs()
	undisturbed := r.Report(again.Job.ID).Outputs
	result := pipelinetest.Result[pipeline.Combined](r, config, iteration, spec.StageCombining)
	require.Equal(t, undisturbed[0].SHA256, result.Dataset.SHA256)
	require.Equal(t, undisturbed[1].SHA256, result.Holdout.SHA256)
}

// What does not fit is left out, with the reason; so is what is out of the window, and a mixture is never a source.
func TestTheWindow(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	games := r.Sample(config, 50)
	older(r, games[:10], 0) // beyond the two that are taken
	foreign := older(r, games[10:20], 0, func(e *pipeline.Exported) { e.EncoderVersion = "planes-0" })
	lost := older(r, games[20:30], 0, func(e *pipeline.Exported) { e.Dataset.SHA256[0]++; e.DatasetID = pipeline.FileID(e.Dataset) })
	middle, second := exported(r, games[30:40], 0)
	daemon := r.Daemon(declareWith(r, npzcombination.Settings{MaxDatasets: 2}), 1)
	before := combined(r, daemon, middle)
	r.Close(config, middle, spec.VerdictTrained)
	iteration, third := exported(r, games[40:], 0)
	result := combined(r, daemon, iteration)
	require.ElementsMatch(t, []string{second.DatasetID, third.DatasetID}, slices.Collect(maps.Keys(result.Sources)))
	require.NotContains(t, result.Sources, before.DatasetID)
	require.Len(t, before.Skipped, 2)
	require.Contains(t, before.Skipped[0], lost.DatasetID)
	require.Contains(t, before.Skipped[0], "no node has it")
	require.Contains(t, before.Skipped[1], foreign.DatasetID+" of iteration 2: its encoder is \"planes-0\"")
	require.Len(t, before.Sources, 2, "the oldest is taken in their place")
}

// move has only a node have a dataset that is away.
func move(r *pipelinetest.Rig, dataset jobs.Output) {
	r.Helper()
	sum, path := dataset.SHA256.String(), jobs.HolderPath(dataset.Place)
	require.NoError(r, r.Session.NodeSeen(r.Context(), ledger.NodeReport{ID: "dead"}))
	require.NoError(r, r.Session.SetHealth(r.Context(), "dead", ledger.NodeOffline, "it does not answer"))
	require.NoError(r, r.Session.ReportHoldings(r.Context(), "dead", []ledger.Holder{{SHA256: sum, Path: path, State: ledger.CopyVerified}}))
	r.Holds(sum, path, ledger.CopyGone)
}

// What only a node has that is away is not waited for, or its death would hold up every mixture of the window.
func TestDatasetsThatAreAwayStayOut(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	games := r.Sample(config, 30)
	away := older(r, games[:10], 0)
	move(r, away.Dataset)
	iteration, own := exported(r, games[10:20], 0)
	daemon := r.Daemon(declare(r), 1)
	result := combined(r, daemon, iteration)
	require.Equal(t, []string{own.DatasetID}, slices.Collect(maps.Keys(result.Sources)))
	require.Equal(t, []string{away.DatasetID + " of iteration 1: only nodes that are away have it: dead"}, result.Skipped)
}

// The death of a node while a mixture waits for its turn costs the mixture its datasets, and no more.
func TestDatasetsThatGoAwayAreDoneWithout(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	games := r.Sample(config, 20)
	away := older(r, games[:10], 0)
	iteration, own := exported(r, games[10:], 0)
	daemon := r.Daemon(declare(r), 1)
	r.Order(config, iteration, spec.StageCombining)
	daemon.Round()
	require.Len(t, r.Jobs(workload.Combine), 1)
	move(r, away.Dataset)
	daemon.Round()
	ended := r.Last(config, iteration, spec.StageCombining)
	require.Equal(t, []any{ledger.StageFailed, pipeline.ClassLost}, []any{ended.State, ended.ErrorClass}, ended.Waiting)
	require.Equal(t, ledger.Cancelled, r.Jobs(workload.Combine)[0].Status)
	result := combined(r, daemon, iteration)
	require.False(t, result.PassedThrough)
	require.Equal(t, []string{own.DatasetID}, slices.Collect(maps.Keys(result.Sources)))
}

// The iteration's own dataset is waited for, for as long as it took to make. Then it is made again.
func TestItsOwnDatasetIsMadeAgain(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	iteration, own := exported(r, r.Sample(config, 10), 0)
	daemon := r.Daemon(declare(r), 1)
	order := r.Order(config, iteration, spec.StageCombining)
	move(r, own.Dataset)
	require.NoError(t, r.Session.SetHealth(t.Context(), r.Node.Name, ledger.NodeOffline, "test"))
	daemon.Round()
	require.Equal(t, fmt.Sprintf("input %q: only nodes that are away have it: dead", own.DatasetID), r.Last(config, iteration, spec.StageCombining).Waiting)
	require.NoError(t, r.Session.SetHealth(t.Context(), r.Node.Name, ledger.NodeHealthy, ""))
	ended := daemon.Carry(order)
	require.Equal(t, []any{ledger.StageFailed, pipeline.ClassLost}, []any{ended.State, ended.ErrorClass}, ended.Error)
	require.Equal(t, fmt.Sprintf("input %q: only nodes that are away have it: dead: EXPORTING makes it again", own.DatasetID), ended.Error)
	facts, err := pipeline.Observe(t.Context(), r.Ledger, config, pipeline.Terms{})
	require.NoError(t, err)
	fact, _ := facts.Find(spec.StageCombining)
	require.Equal(t, spec.StageExporting, fact.Again)
	again := ledger.StageOrder{StageKey: order.StageKey, Attempt: 2, Again: true}
	again.Stage = string(spec.StageExporting)
	_, err = r.Session.OrderStage(t.Context(), again)
	require.NoError(t, err)
	_, err = pipeline.Result[pipeline.Exported](t.Context(), r.Ledger, config, iteration, spec.StageExporting)
	require.ErrorIs(t, err, pipeline.ErrMissing, "what was lost is no result")
	require.Empty(t, r.Jobs(workload.Combine))
}

func TestOldDatasetsAndThoseTooManyStayOut(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	games := r.Sample(config, 30)
	older(r, games[:10], 49*time.Hour)
	second := older(r, games[10:20], 47*time.Hour)
	iteration, third := exported(r, games[20:], 0)
	result := combined(r, r.Daemon(declareWith(r, npzcombination.Settings{MaxAge: 48 * time.Hour}), 1), iteration)
	require.ElementsMatch(t, []string{second.DatasetID, third.DatasetID}, slices.Collect(maps.Keys(result.Sources)))
	r.Close(config, iteration, spec.VerdictTrained)

	fourth, last := exported(r, games[:5], 0)
	few := npzcombination.Settings{MaxSamples: last.Samples + 1, HoldoutFraction: -1}
	result = combined(r, r.Daemon(declareWith(r, few), 2), fourth)
	require.Equal(t, []string{last.DatasetID}, slices.Collect(maps.Keys(result.Sources)))
	require.Nil(t, result.Holdout)
	require.LessOrEqual(t, result.Samples, last.Samples+1)
}

// One odd file does not stop the loop: after a failure the export goes on as it is.
func TestAFailedMixtureIsPassedThrough(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	games := r.Sample(config, 20)
	odd := r.Do("hex3_2p", workload.Init, struct{}{}).Outputs[0] // no dataset at all
	older(r, games[:10], 0, func(e *pipeline.Exported) { e.Dataset, e.DatasetID = odd, pipeline.FileID(odd) })
	iteration, fresh := exported(r, games[10:], 0)
	daemon := r.Daemon(declare(r), 1)
	ended := daemon.Carry(r.Order(config, iteration, spec.StageCombining))
	require.Equal(t, ledger.StageFailed, ended.State)
	require.Len(t, r.Told("NPZ_COMBINATION_FAILED"), 1)
	require.NotEmpty(t, daemon.Health().Findings)

	result := combined(r, daemon, iteration)
	require.True(t, result.PassedThrough)
	require.Equal(t, []any{fresh.DatasetID, fresh.Dataset.SHA256, fresh.Samples}, []any{result.DatasetID, result.Dataset.SHA256, result.Samples})
	require.Len(t, r.Jobs(workload.Combine), 1)
}

// An export that is corrupt for ever ends its iteration, so that the next one makes another.
func TestALostExportEndsTheIteration(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	iteration, own := exported(r, r.Sample(config, 10), 0)
	r.Rot(r.Node, own.Dataset.SHA256.String())
	require.Equal(t, "bad_input", daemon.Carry(r.Order(config, iteration, spec.StageCombining)).ErrorClass, "it is found out")
	result := combined(r, daemon, iteration)
	require.Equal(t, spec.VerdictTooFew, result.Verdict)
	require.Contains(t, result.Reason, own.DatasetID+" is corrupt, and there is no good copy: sha256 is ")
	require.Equal(t, own.Dataset.SHA256.String(), result.LeftOut[0].SHA256)
	require.Len(t, r.Told("CORRUPT_DATA_LEFT_OUT"), 1)
	require.Empty(t, r.Told("NPZ_COMBINATION_COMPLETE"))
}
