package dataconsolidation_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/pipeline/dataconsolidation"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/mini/store"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const config = pipelinetest.Config

var mini workloadtest.Mini

func TestMain(m *testing.M) { pipelinetest.Main(m, &mini) }

// declare asks for so many games as no test but one has too few of.
func declare(r *pipelinetest.Rig) host.Declaration { return declareFor(r, 10) }

func declareFor(r *pipelinetest.Rig, bootstrap int64) host.Declaration {
	return dataconsolidation.Declare(dataconsolidation.Config{
		Workloads: r.Workloads, Terms: func(string) pipeline.Terms { return pipeline.Terms{MinGames: 1000, Bootstrap: bootstrap} },
	})
}

// scatter puts 80 games into five files with 100 places: 20 games are there twice, and three have lost moves.
func scatter(r *pipelinetest.Rig) (valid []string) {
	r.Helper()
	games := r.Sample(config, 80)
	for i, game := range games {
		if i%30 == 10 {
			games[i] = pipelinetest.Truncate(game)
			continue
		}
		valid = append(valid, game.ID)
	}
	require.Len(r, valid, 77)
	for i := range 5 {
		shared := games[(i*16+32)%80:][:4]
		r.Import(config, slices.Concat(games[i*16:(i+1)*16], shared)...)
	}
	return valid
}

// consolidate opens an iteration and has its cut consolidated.
func consolidate(r *pipelinetest.Rig, daemon *pipelinetest.Daemon) (iteration int64, ended ledger.Stage) {
	r.Helper()
	iteration = r.Open(config)
	return iteration, daemon.Carry(r.Order(config, iteration, spec.StageConsolidating))
}

func consolidated(r *pipelinetest.Rig, iteration int64) pipeline.Consolidated {
	r.Helper()
	return pipelinetest.Result[pipeline.Consolidated](r, config, iteration, spec.StageConsolidating)
}

func TestEachValidGameIsThereOnce(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	valid := scatter(r)
	daemon := r.Daemon(declare(r), 1)
	iteration, ended := consolidate(r, daemon)
	require.Equal(t, ledger.StageDone, ended.State, ended.Error)

	result := consolidated(r, iteration)
	require.Empty(t, result.Verdict)
	require.Equal(t, []int64{77, 20, 3}, []int64{result.Games, result.Duplicates, result.Invalid})
	require.Len(t, result.Batches, 5)
	require.Len(t, result.Files, 1)
	facts := r.Inspect(config, result.Files[0])
	require.Equal(t, valid, facts.IDs)
	require.EqualValues(t, 77, facts.Verified)
	require.Empty(t, facts.ReplayErrors)
	told, err := bus.Decode[bus.ConsolidationComplete](r.Told("CONSOLIDATION_COMPLETE")[0])
	require.NoError(t, err)
	require.Equal(t, []int64{77, 20, 3, 77}, []int64{told.GamesMerged, told.Duplicates, told.Invalid, told.TotalGames})
	require.Len(t, r.Told("CONSOLIDATION_STARTED"), 1)
	r.Close(config, iteration, spec.VerdictTrained)

	again := r.Games(result.Files[0])
	r.Import(config, again[:50]...)
	r.Import(config, again[40:]...)
	iteration, ended = consolidate(r, daemon)
	require.Equal(t, ledger.StageDone, ended.State, ended.Error)
	require.Equal(t, spec.VerdictTooFew, consolidated(r, iteration).Verdict)
	require.Zero(t, consolidated(r, iteration).Games, "all of them are in a cut before")
	require.Empty(t, consolidated(r, iteration).Files)
	daemon.RequireIdle()
}

// A game that came in a cut before is not taken again with the new ones.
func TestGamesOfACutBeforeAreLeftOut(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	games := r.Sample(config, 30)
	r.Import(config, games[:20]...)
	first, _ := consolidate(r, daemon)
	r.Close(config, first, spec.VerdictTrained)
	r.Import(config, games[10:]...)
	second, ended := consolidate(r, daemon)
	require.Equal(t, ledger.StageDone, ended.State, ended.Error)
	require.Equal(t, ids(games[20:]), r.Inspect(config, consolidated(r, second).Files[0]).IDs)
	require.EqualValues(t, 10, consolidated(r, second).Duplicates)
}

func ids(games []*store.Game) (all []string) {
	for _, game := range games {
		all = append(all, game.ID)
	}
	return all
}

func TestOneGameFewerIsTooFew(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declareFor(r, 20), 1)
	r.Play(config, 19)
	iteration, _ := consolidate(r, daemon)
	require.Equal(t, spec.VerdictTooFew, consolidated(r, iteration).Verdict)
	r.Close(config, iteration, spec.VerdictTooFew)

	r.Play(config, 1)
	iteration, _ = consolidate(r, daemon)
	require.Empty(t, consolidated(r, iteration).Verdict, "with the 19 of before it is enough")
	require.EqualValues(t, 1, consolidated(r, iteration).Games)
	told := r.Told("CONSOLIDATION_COMPLETE")
	last, err := bus.Decode[bus.ConsolidationComplete](told[len(told)-1])
	require.NoError(t, err)
	require.EqualValues(t, 20, last.TotalGames)
}

// Whoever is killed in the middle, the result is that of an undisturbed merge.
func TestKilled(t *testing.T) {
	pipelinetest.DaemonToKill(t, declare)
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	scatter(r)
	iteration := r.Open(config)
	order := r.Order(config, iteration, spec.StageConsolidating)
	require.Equal(t, ledger.StageDone, r.CarryThroughKills(declare, order, workload.Merge).State)

	cut, err := r.Ledger.Cut(t.Context(), config, iteration)
	require.NoError(t, err)
	var params workload.MergeParams
	var inputs []jobs.Input
	for _, file := range cut {
		input, err := pipeline.GamesInput(t.Context(), r.Ledger, file.SHA256, file.SHA256)
		require.NoError(t, err)
		input.Name = file.SHA256[:8]
		inputs, params.Games = append(inputs, input), append(params.Games, input.Name)
	}
	undisturbed := r.Do(config, workload.Merge, params, inputs...)
	require.Equal(t, undisturbed.Outputs[0].SHA256, consolidated(r, iteration).Files[0].SHA256)
	require.Len(t, r.Jobs(workload.Merge), 2, "one of them is this test's")
	for _, name := range []bus.Name{"CONSOLIDATION_STARTED", "CONSOLIDATION_COMPLETE"} {
		require.Len(t, r.Told(name), 1, name)
	}
}

// A cut of nothing but invalid games is left out, which is told, and the next one goes on without it. Several in a row
// are no accident.
func TestACutOfInvalidGamesIsLeftOut(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	for cut := range 3 {
		require.NotEqual(t, spec.HealthDegraded, daemon.Health().Status)
		games := r.Sample(config, 12)
		for i := range games {
			games[i] = pipelinetest.Truncate(games[i])
		}
		r.Import(config, games...)
		iteration, ended := consolidate(r, daemon)
		require.Equal(t, ledger.StageDone, ended.State, ended.Error)
		left := consolidated(r, iteration)
		require.Equal(t, spec.VerdictInvalid, left.Verdict)
		require.Equal(t, []int64{0, 12}, []int64{left.Games, left.Invalid})
		require.Empty(t, left.Files)
		require.Len(t, left.Batches, 1, "what is left out is on record")
		told := r.Told("CONSOLIDATION_COMPLETE")
		require.Len(t, told, cut+1)
		said, err := bus.Decode[bus.ConsolidationComplete](told[cut])
		require.NoError(t, err)
		require.Equal(t, "invalid", said.Verdict)
		require.EqualValues(t, 12, said.Invalid)
		r.Close(config, iteration, spec.VerdictInvalid)
	}
	require.Equal(t, spec.HealthDegraded, daemon.Health().Status)
	require.Contains(t, daemon.Health().Findings, config+": the last 3 cuts have no valid game")

	good := r.Sample(config, 12)
	r.Import(config, good...)
	iteration, ended := consolidate(r, daemon)
	require.Equal(t, ledger.StageDone, ended.State, ended.Error)
	require.Empty(t, consolidated(r, iteration).Verdict)
	require.Equal(t, ids(good), r.Inspect(config, consolidated(r, iteration).Files[0]).IDs)
	daemon.RequireIdle()
}

// A workload that cannot merge leaves the files of the cut as they are.
func TestFilesPassThrough(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	r.Play(config, 8)
	r.Play(config, 7)
	poorer, manifest := *r.Mini, *r.Mini.Manifest
	manifest.Commands = maps.Clone(manifest.Commands)
	delete(manifest.Commands, workload.Merge)
	poorer.Manifest = &manifest
	var err error
	r.Workloads, err = workload.NewSet(&poorer)
	require.NoError(t, err)

	iteration, ended := consolidate(r, r.Daemon(declare(r), 1))
	require.Equal(t, ledger.StageDone, ended.State, ended.Error)
	result := consolidated(r, iteration)
	require.EqualValues(t, 15, result.Games)
	require.Len(t, result.Files, 2)
	require.Empty(t, r.Jobs(workload.Merge))
}

// A file that no node has any more is SYNCING's to wait for, or to take out of the cut.
func TestAMissingFileGoesBackToSyncing(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	file := r.Import(config, r.Sample(config, 12)...)
	left := r.Import(config, r.Sample(config, 24)[12:]...)
	holders, err := r.Ledger.Holders(t.Context(), file.SHA256)
	require.NoError(t, err)
	r.Holds(file.SHA256, holders[0].Path, ledger.CopyGone)
	daemon := r.Daemon(declare(r), 1)
	iteration := r.Open(config)
	r.FinishStage(config, iteration, spec.StageSyncing, struct{}{})
	ended := daemon.Carry(r.Order(config, iteration, spec.StageConsolidating))
	require.Equal(t, []any{ledger.StageFailed, pipeline.ClassLost}, []any{ended.State, ended.ErrorClass}, ended.Error)
	require.Contains(t, ended.Error, "no node has the file of games "+file.SHA256)
	facts, err := pipeline.Observe(t.Context(), r.Ledger, config, pipeline.Terms{})
	require.NoError(t, err)
	fact, _ := facts.Find(spec.StageConsolidating)
	require.Equal(t, spec.StageSyncing, fact.Again)

	require.NoError(t, r.Session.SetAside(t.Context(), config, iteration, []string{file.SHA256}))
	ended = daemon.Carry(r.Order(config, iteration, spec.StageConsolidating))
	require.Equal(t, ledger.StageDone, ended.State, ended.Error)
	require.Equal(t, left.Games, consolidated(r, iteration).Games)
}

// A file that is corrupt for ever is found out, and the cut goes on without it, the first attempt or the second: what it
// shares with the others is not lost, and what is missing is told and on record.
func TestACorruptFileIsLeftOut(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*pipelinetest.Rig, []*store.Game) ledger.GameFile{
		"the disk has lost it": func(r *pipelinetest.Rig, games []*store.Game) ledger.GameFile {
			file := r.Import(config, games...)
			r.Rot(r.Node, file.SHA256)
			return file
		},
		"it was written so": func(r *pipelinetest.Rig, games []*store.Game) ledger.GameFile {
			return r.ImportUnreadable(config, games...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := pipelinetest.New(t, &mini)
			daemon := r.Daemon(declare(r), 1)
			games := r.Sample(config, 30)
			bad := spoil(r, games[:10])
			r.Import(config, games[8:20]...)
			r.Import(config, games[20:]...)

			iteration, ended := consolidate(r, daemon)
			require.Equal(t, ledger.StageFailed, ended.State, "it is found out")
			require.Equal(t, "bad_input", ended.ErrorClass)
			quarantined, err := r.Node.Files.QuarantinedFiles()
			require.NoError(t, err)
			require.Len(t, quarantined, 1)
			require.Equal(t, bad.SHA256, quarantined[0].Item.SHA256.String())

			ended = daemon.Carry(r.Order(config, iteration, spec.StageConsolidating))
			require.Equal(t, ledger.StageDone, ended.State, ended.Error)
			result := consolidated(r, iteration)
			require.Empty(t, result.Verdict)
			require.Equal(t, ids(games[8:]), r.Inspect(config, result.Files[0]).IDs, "all that another file has")
			require.Len(t, result.LeftOut, 1)
			require.Equal(t, []any{bad.SHA256, bad.Games, iteration}, []any{result.LeftOut[0].SHA256, result.LeftOut[0].Games, result.LeftOut[0].Iteration})
			told, err := bus.Decode[bus.CorruptDataLeftOut](r.Told("CORRUPT_DATA_LEFT_OUT")[0])
			require.NoError(t, err)
			require.Equal(t, []bus.LeftOutFile{{Iteration: iteration, SHA256: bad.SHA256, Games: bad.Games, Reason: result.LeftOut[0].Reason}}, told.Files)
			r.Close(config, iteration, spec.VerdictTrained)
			record, err := r.Ledger.Iteration(t.Context(), config, iteration)
			require.NoError(t, err)
			require.Contains(t, string(record.Facts), `"left_out":[{"iteration":1,"sha256":"`+bad.SHA256)

			r.Import(config, games[:12]...)
			iteration, ended = consolidate(r, daemon)
			require.Equal(t, ledger.StageDone, ended.State, ended.Error)
			require.Equal(t, ids(games[:8]), r.Inspect(config, consolidated(r, iteration).Files[0]).IDs, "what was lost is new when it comes again")
		})
	}
}

// While another node has a good copy, nothing is lost: it is asked, and the stage knows nothing of it.
func TestAnotherHolderOfACorruptFileIsAsked(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	games := r.Sample(config, 20)
	file := r.Import(config, games...)
	other := r.AddNode("node-2")
	copied := pipelinetest.Copy(r, file, other)
	r.Rot(r.Node, file.SHA256)
	iteration, ended := consolidate(r, r.Daemon(declare(r), 1))
	require.Equal(t, ledger.StageDone, ended.State, ended.Error)
	require.EqualValues(t, 1, ended.Attempt)
	require.Equal(t, ids(games), r.Inspect(config, consolidated(r, iteration).Files[0]).IDs)
	require.Empty(t, consolidated(r, iteration).LeftOut)
	require.Empty(t, r.Told("CORRUPT_DATA_LEFT_OUT"))
	quarantined, err := r.Node.Files.QuarantinedFiles()
	require.NoError(t, err)
	require.Len(t, quarantined, 1)
	require.Equal(t, copied.SHA256, quarantined[0].Item.SHA256)
}

// A node that is sent other bytes than it asked for tells of it, so that whoever has the file looks at it.
func TestWrongBytesOfASourceAreTold(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	file := r.Import(config, r.Sample(config, 10)...)
	other := r.AddNode("node-2")
	r.Rot(r.Node, file.SHA256)
	r.Order(config, r.Open(config), spec.StageConsolidating)
	r.Daemon(declare(r), 1).Round()
	job := r.Jobs(workload.Merge)[0]
	require.Equal(t, string(ledger.Pending), r.RunJob(job, other).Status, "it may be a matter of time")
	told, err := bus.Decode[bus.SyncChecksumFailed](r.Told("SYNC_CHECKSUM_FAILED")[0])
	require.NoError(t, err)
	require.Equal(t, []string{file.SHA256, "node-2"}, []string{told.SHA256, told.NodeID})
}
