package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/daemonlog"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/games"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/run"
)

func TestAJobIsDoneOnce(t *testing.T) {
	r := setup(t)
	n := r.node("node-1")
	job := r.submit(workload.Selfplay, workload.SelfplayParams{Games: 12, SearchBudget: 8})
	end := r.attempt(t.Context(), job, n, nil)
	outcome := r.finish(end)
	require.Equal(t, "completed", outcome.Status, outcome.Message)

	report := r.result(job)
	require.Empty(t, report.Games, "the result is without the games")
	require.Len(t, report.Outputs, 1)
	output := report.Outputs[0]
	path, err := n.files.Path(output.Place)
	require.NoError(t, err)
	digest, err := games.ReadDigest(t.Context(), path)
	require.NoError(t, err)
	require.Equal(t, digest.SHA256.String(), output.LogicalDigest)
	require.EqualValues(t, 12, digest.Games)
	require.EqualValues(t, 12, r.games())
	holders, err := r.ledger.Holders(t.Context(), output.SHA256.String())
	require.NoError(t, err)
	require.Len(t, holders, 1)
	require.FileExists(t, filepath.Join(n.dir, holders[0].Path))
	require.Equal(t, []bus.Name{"WORK_STARTED", "SELFPLAY_COMPLETE", "WORK_COMPLETED"}, r.told())

	require.Equal(t, outcome, r.finish(end), "a repetition says the same")
	require.EqualValues(t, 12, r.games())
	require.Len(t, r.told(), 3, "and tells no other facts")

	left, err := os.ReadDir(filepath.Join(n.dir, "jobs", job.ID, "1"))
	require.NoError(t, err)
	for _, entry := range left {
		require.Contains(t, entry.Name(), ".log", "of an attempt only the logs stay")
	}
	logs, err := daemonlog.FindAttempt(filepath.Join(n.dir, "jobs"), job.ID, 0)
	require.NoError(t, err)
	require.EqualValues(t, 1, logs.Number)
	lines, err := os.ReadFile(logs.Lines)
	require.NoError(t, err)
	require.Contains(t, string(lines), `"t":"progress"`)
	require.NotContains(t, string(lines), `"t":"hb"`)
}

// TestEndings brings each ending of a command about and looks at what the ledger makes of it.
func TestEndings(t *testing.T) {
	exit := workload.ExitFault
	for name, row := range map[string]struct {
		fault    workload.Fault
		status   ledger.Status
		class    string
		forgiven int64
		waits    time.Duration // at least
		avoids   bool
		event    bus.Name
		alarm    bus.Name // beside it
	}{
		"bad request":   {fault: exit(workload.ExitBadRequest), status: ledger.Failed, class: "bad_request", event: "WORK_FAILED"},
		"bad input":     {fault: exit(workload.ExitBadInput), status: ledger.Failed, class: "bad_input", event: "WORK_FAILED"},
		"precondition":  {fault: exit(workload.ExitPrecondition), status: ledger.Pending, class: "precondition", forgiven: 1, waits: 4 * time.Second, event: "WORK_RETRY"},
		"transient":     {fault: exit(workload.ExitTransient), status: ledger.Pending, class: "transient", waits: 4 * time.Second, avoids: true, event: "WORK_RETRY"},
		"out of memory": {fault: exit(workload.ExitOutOfMemory), status: ledger.Pending, class: "out_of_memory", avoids: true, event: "WORK_RETRY"},
		"disk full":     {fault: exit(workload.ExitDiskFull), status: ledger.Pending, class: "disk_full", avoids: true, event: "WORK_RETRY", alarm: "DISK_SPACE_LOW"},
		"cancelled":     {fault: exit(workload.ExitCancelled), status: ledger.Pending, class: "", forgiven: 1, event: "JOB_PREEMPTED"},
		"no result":     {fault: exit(workload.ExitDeadline), status: ledger.Failed, class: "protocol", event: "WORK_FAILED"},
		"internal":      {fault: exit(workload.ExitInternal), status: ledger.Pending, class: "internal", avoids: true, event: "WORK_RETRY"},
		"diverged":      {fault: exit(workload.ExitDiverged), status: ledger.Failed, class: "diverged", event: "WORK_FAILED"},
		"of its own":    {fault: exit(3), status: ledger.Pending, class: "internal", avoids: true, event: "WORK_RETRY"},
		"wrong hash":    {fault: workload.FaultWrongHash, status: ledger.Failed, class: "protocol", event: "WORK_FAILED"},
		"escape":        {fault: workload.FaultEscape, status: ledger.Failed, class: "protocol", event: "WORK_FAILED"},
	} {
		t.Run(name, func(t *testing.T) {
			r := setup(t)
			n := r.node("node-1")
			job := r.submit(workload.Init, workload.InitParams{Drill: workload.Drill{Fault: row.fault}})
			end := r.attempt(t.Context(), job, n, nil)
			ended := time.Now().Truncate(time.Millisecond)
			outcome := r.finish(end)
			after := r.job(job.ID)
			require.Equal(t, row.status, after.Status, outcome.Message)
			require.Equal(t, string(row.status), outcome.Status)
			require.Equal(t, row.class, after.ErrorClass)
			require.Equal(t, row.forgiven, after.Forgiven)
			require.Equal(t, row.avoids, len(after.AvoidedNodes) == 1)
			if row.waits > 0 {
				require.GreaterOrEqual(t, after.ReadyAt.Sub(ended), row.waits)
			}
			told := []bus.Name{"WORK_STARTED", row.event}
			if row.alarm != "" {
				told = append(told, row.alarm)
			}
			require.Equal(t, told, r.told())
		})
	}
}

func TestAnInternalErrorOnTwoNodesIsTheJobs(t *testing.T) {
	r := setup(t)
	job := r.submit(workload.Init, workload.InitParams{Drill: workload.Drill{Fault: workload.ExitFault(workload.ExitInternal)}})
	require.Equal(t, "pending", r.finish(r.attempt(t.Context(), job, r.node("node-1"), nil)).Status)
	require.Equal(t, "failed", r.finish(r.attempt(t.Context(), job, r.node("node-2"), nil)).Status)
	require.Equal(t, []bus.Name{"WORK_STARTED", "WORK_RETRY", "WORK_STARTED", "JOB_MIGRATED", "WORK_FAILED"}, r.told())
}

func TestOutOfMemoryHalvesTheRequest(t *testing.T) {
	r := setup(t)
	fault := workload.Drill{Fault: workload.ExitFault(workload.ExitOutOfMemory)}
	threads := r.submit(workload.Init, workload.InitParams{Drill: fault}, func(s *ledger.JobSpec, _ *jobs.Request) { s.Resources.CPU = 4 })
	r.finish(r.attempt(t.Context(), threads, r.node("node-1"), nil))
	var request jobs.Request
	require.NoError(t, json.Unmarshal(r.job(threads.ID).Request, &request))
	require.Equal(t, 2, request.Threads)
	require.Empty(t, r.job(threads.ID).AvoidedNodes)

	batch := r.submit(workload.Train, workload.TrainParams{Drill: fault, Dataset: "none", BatchSize: 64})
	r.finish(r.attempt(t.Context(), batch, r.node("node-2"), nil))
	require.NoError(t, json.Unmarshal(r.job(batch.ID).Request, &request))
	var params workload.TrainParams
	require.NoError(t, json.Unmarshal(request.Params, &params))
	require.Equal(t, 32, params.BatchSize)
}

// A command that somebody has killed runs again as it was, on another node if there is one: nobody knows that it wanted
// memory.
func TestAKilledCommandIsNotHalved(t *testing.T) {
	r := setup(t)
	job := r.submit(workload.Selfplay, slow(20), func(s *ledger.JobSpec, _ *jobs.Request) { s.Resources.CPU = 4 })
	end := r.attempt(t.Context(), job, r.node("node-1"), func(p jobs.Progress) {
		if p.Stage == jobs.StageRunning && p.Done >= 1 {
			killCommand(t, job.ID)
		}
	})
	require.Equal(t, "pending", r.finish(end).Status)
	after := r.job(job.ID)
	require.Equal(t, workload.ClassKilled, after.ErrorClass, after.Error)
	require.JSONEq(t, string(job.Request), string(after.Request))
	require.Equal(t, []string{"node-1"}, after.AvoidedNodes)
	require.Zero(t, after.Forgiven)
	require.Equal(t, "node-2", r.do(job, r.node("node-2")).Node)
}

// killCommand ends the command of a job with -9; its shim, which does not have the variable, is left to tell.
func killCommand(t *testing.T, job string) {
	t.Helper()
	environments, err := filepath.Glob("/proc/[0-9]*/environ")
	require.NoError(t, err)
	for _, path := range environments {
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), workload.EnvironmentJobID+"="+job+"\x00") {
			continue // gone meanwhile, or another's
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		require.NoError(t, err)
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone meanwhile
	}
}

// input is the only output of a job as the input of another.
func input(name string, output jobs.Output) func(*ledger.JobSpec, *jobs.Request) {
	return func(_ *ledger.JobSpec, request *jobs.Request) {
		request.Inputs = append(request.Inputs, jobs.Input{Name: name, Role: output.Role, Place: output.Place, SHA256: output.SHA256, Bytes: output.Bytes})
	}
}

func TestInputsComeFromOtherNodes(t *testing.T) {
	r := setup(t)
	one, two := r.node("node-1"), r.node("node-2")
	model := r.do(r.submit(workload.Init, workload.InitParams{}), one).Outputs[0]
	job := r.submit(workload.Selfplay, workload.SelfplayParams{Games: 4, SearchBudget: 4, Model: "m"}, input("m", model))
	end := r.attempt(t.Context(), job, two, nil)
	require.Equal(t, "completed", r.finish(end).Status)
	require.Len(t, two.files.Find(model.SHA256), 1)
	var report jobs.Report
	require.NoError(t, json.Unmarshal(end.Report, &report))
	id := model.SHA256.String()[:16]
	require.Equal(t, []string{id, id}, report.Games[0].ModelIDs)
}

// Games that judge a model are not among those that the next one learns from.
// A worker that has just started knows what the one before it has left: inputs are not looked for elsewhere.
func TestInputsOfBeforeTheStartAreFound(t *testing.T) {
	r := setup(t)
	dir := t.TempDir()
	r.join("node-1", "")
	first, files, fetch, err := newNode("node-1", dir, mini.Dir(), 0)
	require.NoError(t, err)
	played := r.do(r.submit(workload.Selfplay, workload.SelfplayParams{Games: 4, SearchBudget: 4}), first).Outputs[0]
	fetch.Close()
	require.NoError(t, files.Close())

	report := r.do(r.submit(workload.Export, workload.ExportParams{Games: []string{"g"}}, input("g", played)), openNode(t, "node-1", dir, 0))
	require.Len(t, report.Outputs, 1)
}

func TestGamesAreRecordedForWhatTheyWerePlayed(t *testing.T) {
	r := setup(t)
	n := r.node("node-1")
	model := r.do(r.submit(workload.Init, workload.InitParams{}), n).Outputs[0]
	random := workload.Player{Baseline: "random"}
	evaluate := workload.EvaluateParams{Model: "m", SearchBudget: 2, Opponents: []workload.Opponent{{Player: random, Games: 2}}}
	match := workload.MatchParams{SearchBudget: 2, GamesPerPair: 2, Pairings: [][]string{{"a", "b"}},
		Participants: []workload.Participant{{ID: "a", Player: random}, {ID: "b", Player: workload.Player{Model: "m"}}}}
	for purpose, job := range map[string]ledger.Job{
		ledger.PurposeSelfplay:   r.submit(workload.Selfplay, workload.SelfplayParams{Games: 2, SearchBudget: 2}),
		ledger.PurposeEvaluation: r.submit(workload.Evaluate, evaluate, input("m", model)),
		ledger.PurposeMatch:      r.submit(workload.Match, match, input("m", model)),
	} {
		output := r.do(job, n).Outputs[0]
		file, err := r.ledger.GameFile(t.Context(), output.SHA256.String())
		require.NoError(t, err)
		require.Equal(t, purpose, file.Purpose, "of the games of %s", job.Kind)
	}
}

func TestWhatANodeCannotRun(t *testing.T) {
	r := setup(t)
	n := r.node("node-1")
	model := r.do(r.submit(workload.Init, workload.InitParams{}), n).Outputs[0]
	model.SHA256[0]++ // nobody has it
	for name, row := range map[string]struct {
		option func(*ledger.JobSpec, *jobs.Request)
		class  string
	}{
		"workload":      {func(_ *ledger.JobSpec, request *jobs.Request) { request.Workload = "chess" }, "no_workload"},
		"configuration": {func(s *ledger.JobSpec, _ *jobs.Request) { s.ConfigKey = "go19_2p" }, "no_workload"},
		"input":         {input("m", model), "no_input"},
		"devices":       {func(s *ledger.JobSpec, _ *jobs.Request) { s.Resources.GPU = 1 }, "no_device"},
	} {
		job := r.submit(workload.Init, workload.InitParams{}, row.option)
		outcome := r.finish(r.attempt(t.Context(), job, n, nil))
		require.Equal(t, "pending", outcome.Status, name)
		require.Equal(t, row.class, r.job(job.ID).ErrorClass, "%s: %s", name, outcome.Message)
	}
}

// A disk without room is the node's fault, and the job's files go to another one.
func TestAFullDiskIsTheNodes(t *testing.T) {
	r := setup(t)
	n := openNode(t, "node-1", t.TempDir(), 1<<60)
	end := r.attempt(t.Context(), r.submit(workload.Init, workload.InitParams{}), n, nil)
	var report jobs.Report
	require.NoError(t, json.Unmarshal(end.Report, &report))
	require.Equal(t, "disk_full", report.Decision.Class)
	require.True(t, report.Decision.NodeFault)
	require.Empty(t, report.Outputs)
	require.Equal(t, "pending", r.finish(end).Status)
	failures, err := r.ledger.NodeFailures(t.Context(), time.Minute)
	require.NoError(t, err)
	require.Equal(t, []ledger.NodeFailures{{Node: "node-1", ErrorClass: "disk_full", Jobs: 1}}, failures)
}

// The last checkpoint of a training may have the bytes of its model, whichever of the two the catalog has seen first.
func TestAModelMayBeItsLastCheckpoint(t *testing.T) {
	for name, catalogued := range map[string]bool{"the model": false, "the checkpoint": true} {
		t.Run(name+" first", func(t *testing.T) {
			r := setup(t)
			one := r.node("node-1")
			job := r.submit(workload.Init, workload.InitParams{})
			end := r.attempt(t.Context(), job, one, nil)
			var report jobs.Report
			require.NoError(t, json.Unmarshal(end.Report, &report))
			model := report.Outputs[0]
			last := jobs.Checkpoint{
				Place:  data.Place{Role: data.RoleCheckpoint, Name: fmt.Sprintf("%s/%s/000-%012d-%s.ckpt", config, job.ID, 7, model.SHA256)},
				SHA256: model.SHA256, Bytes: model.Bytes, Step: 7, Node: one.name,
			}
			report.Checkpoint = &last
			text, err := json.Marshal(report)
			require.NoError(t, err)
			end.Report = text
			if catalogued {
				_, err := r.ledger.Session("MODEL_DISTRIBUTION", 0).AddItem(t.Context(), ledger.Item{
					SHA256: model.SHA256.String(), Role: "checkpoint", Name: last.Place.Name, ConfigKey: config, Bytes: model.Bytes,
				})
				require.NoError(t, err)
			}
			outcome := r.finish(end)
			require.Equal(t, string(ledger.Completed), outcome.Status, outcome.Message)
			item, err := r.ledger.Item(t.Context(), model.SHA256.String())
			require.NoError(t, err)
			require.Equal(t, "model", item.Role)
			require.Equal(t, model.Place.Name, item.Name)
		})
	}
}

// A training that is lost goes on from the checkpoint of its last heartbeat.
func TestACheckpointIsStoredWhileTheCommandWorks(t *testing.T) {
	r := setup(t)
	one, two := r.node("node-1"), r.node("node-2")
	played := r.do(r.submit(workload.Selfplay, workload.SelfplayParams{Games: 20, SearchBudget: 4}), one).Outputs[0]
	dataset := r.do(r.submit(workload.Export, workload.ExportParams{Games: []string{"g"}}, input("g", played)), one).Outputs[0]
	job := r.submit(workload.Train, workload.TrainParams{Dataset: "d", Epochs: 12, EarlyStopPatience: -1, CheckpointEveryS: 0.05,
		Drill: workload.Drill{PaceMS: 100}}, input("d", dataset))

	granted := r.grant(job, one.name)
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	var last jobs.Progress
	_, err := one.Run(ctx, r.assignment(granted), func(p jobs.Progress) {
		if ctx.Err() == nil && p.Checkpoint != nil && p.Checkpoint.Step >= 3 {
			last = p
			stop(run.ErrLost)
		}
	})
	require.NoError(t, err)
	text, err := json.Marshal(last)
	require.NoError(t, err)
	require.Equal(t, "pending", r.finish(spec.JobEnd{Grant: granted, Lost: "silent", Progress: text}).Status)

	var stored []string
	root := filepath.Join(one.dir, "checkpoints", config, job.ID)
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	for _, entry := range entries {
		stored = append(stored, entry.Name())
	}
	require.Contains(t, stored, filepath.Base(last.Checkpoint.Place.Name))
	require.LessOrEqual(t, len(stored), 2, "older checkpoints are removed")

	report := r.do(job, two)
	require.Empty(t, report.Flags)
	require.Len(t, two.files.Find(last.Checkpoint.SHA256), 1)
	var metrics workload.TrainMetrics
	require.NoError(t, json.Unmarshal(report.Metrics, &metrics))
	require.Equal(t, 12, metrics.EpochsCompleted)
}

// loseTraining has a training begin on one node and the node die, once another has a copy of a checkpoint that is not the last.
func (r *rig) loseTraining(one, two, three *node) (job ledger.Job, copied *jobs.Checkpoint) {
	r.Helper()
	played := r.do(r.submit(workload.Selfplay, workload.SelfplayParams{Games: 20, SearchBudget: 4}), two).Outputs[0]
	dataset := r.do(r.submit(workload.Export, workload.ExportParams{Games: []string{"g"}}, input("g", played)), two).Outputs[0]
	job = r.submit(workload.Train, workload.TrainParams{Dataset: "d", Epochs: 12, EarlyStopPatience: -1, CheckpointEveryS: 0.05,
		Drill: workload.Drill{PaceMS: 100}}, input("d", dataset))
	granted := r.grant(job, one.name)
	ctx, stop := context.WithCancelCause(r.Context())
	defer stop(nil)
	var last *jobs.Checkpoint
	_, err := one.Run(ctx, r.assignment(granted), func(p jobs.Progress) {
		switch {
		case ctx.Err() != nil || p.Checkpoint == nil:
		case copied == nil:
			copied = p.Checkpoint
			r.copyTo(three, one, *copied)
		case p.Checkpoint.Step >= copied.Step+3:
			last = p.Checkpoint
			stop(run.ErrLost)
		}
	})
	require.NoError(r, err)
	text, err := json.Marshal(jobs.Progress{Stage: jobs.StageRunning, Checkpoint: last})
	require.NoError(r, err)
	require.Equal(r, "pending", r.finish(spec.JobEnd{Grant: granted, Lost: "silent", Progress: text}).Status)

	r.join(one.name, "") // it lends nothing any more
	return job, copied
}

// A node that dies takes its newest checkpoint along. The training goes on from one that another node has a copy of.
func TestATrainingGoesOnFromACopy(t *testing.T) {
	r := setup(t)
	one, two, three := r.node("node-1"), r.node("node-2"), r.node("node-3")
	job, copied := r.loseTraining(one, two, three)
	first := -1.0
	require.Equal(t, "completed", r.finish(r.attempt(t.Context(), job, two, func(p jobs.Progress) {
		if p.Unit == "epochs" && first < 0 {
			first = p.Done
		}
	})).Status)
	report := r.result(job)
	require.Empty(t, report.Flags, "it was not begun anew")
	require.GreaterOrEqual(t, first, float64(copied.Step), "it goes on from the copy")
	require.LessOrEqual(t, first, float64(copied.Step+1), "the newest is not to be had")
	var metrics workload.TrainMetrics
	require.NoError(t, json.Unmarshal(report.Metrics, &metrics))
	require.Equal(t, 12, metrics.EpochsCompleted)
}

// Right after the bus was away nobody has heard of any node. The node that the job comes from is the least likely to lend
// its checkpoints.
func TestACopyElsewhereComesBeforeWhatDied(t *testing.T) {
	r := setup(t)
	one, two, three := r.node("node-1"), r.node("node-2"), r.node("node-3")
	job, copied := r.loseTraining(one, two, three)
	r.join(three.name, "") // as good as not heard of
	assignment := r.assignment(r.grant(job, two.name))
	require.Equal(t, copied.SHA256, assignment.Resume.SHA256)
	require.Equal(t, three.name, assignment.Resume.Node)
	require.NotEmpty(t, assignment.Earlier)
	require.Greater(t, assignment.Earlier[0].Step, copied.Step)
}

// copyTo gives another node a copy of a checkpoint, as MODEL_DISTRIBUTION has it done.
func (r *rig) copyTo(to, from *node, checkpoint jobs.Checkpoint) {
	r.Helper()
	item, file, err := from.files.OpenContent(checkpoint.SHA256)
	require.NoError(r, err)
	defer file.Close()
	_, err = to.files.Add(r.Context(), item, file)
	require.NoError(r, err)
	_, err = r.session.AddItem(r.Context(), ledger.Item{
		SHA256: item.SHA256.String(), Role: string(item.Role), Name: item.Name, ConfigKey: config, Bytes: item.Bytes,
	})
	require.NoError(r, err)
	holding := ledger.Holder{SHA256: item.SHA256.String(), Path: jobs.HolderPath(item.Place), State: ledger.CopyVerified}
	require.NoError(r, r.session.ReportHoldings(r.Context(), to.name, []ledger.Holder{holding}))
}

// slow is self-play that takes long enough to be interrupted.
func slow(games int) workload.SelfplayParams {
	return workload.SelfplayParams{Games: games, SearchBudget: 4, Drill: workload.Drill{PaceMS: 50}}
}

func TestAPreemptedJobGoesOnElsewhere(t *testing.T) {
	for name, cause := range map[string]error{
		"the node itself gives it up":         run.ErrPreempted,
		"the node is told to end it, not why": errors.New("stopped"),
	} {
		t.Run(name, func(t *testing.T) { testPreemption(t, cause) })
	}
}

func testPreemption(t *testing.T, cause error) {
	r := setup(t)
	one, two := r.node("node-1"), r.node("node-2")
	job := r.submit(workload.Selfplay, slow(20))
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	end := r.attempt(ctx, job, one, func(p jobs.Progress) {
		if p.Stage == jobs.StageRunning && p.Done >= 3 {
			stop(cause)
		}
	})
	end.Stopped, end.Stop = spec.SignalPreemptJob, spec.JobStop{Actor: "JOB_SCHEDULER", Reason: "job-9 needs the place"}
	require.Equal(t, "pending", r.finish(end).Status)
	require.Zero(t, r.job(job.ID).Spent(), "it costs no attempt")
	var preempted bus.JobPreempted
	r.tellsOf("JOB_PREEMPTED", &preempted)
	require.Equal(t, "job-9 needs the place", preempted.Reason)

	var resumed *jobs.Checkpoint
	require.NoError(t, json.Unmarshal([]byte(r.job(job.ID).ResumeFrom), &resumed))
	report := r.do(job, two)
	require.Empty(t, report.Flags, "it was not begun anew")
	require.Len(t, two.files.Find(resumed.SHA256), 1, "the other node has fetched the checkpoint")
	require.EqualValues(t, 20, r.games())
}

func TestARemainderIsPlayedWithGamesOfItsOwn(t *testing.T) {
	r := setup(t)
	n := r.node("node-1")
	job := r.submit(workload.Selfplay, slow(80), func(s *ledger.JobSpec, _ *jobs.Request) { s.RunLimitSeconds = 1 })
	first := r.finish(r.attempt(t.Context(), job, n, nil))
	require.Equal(t, "pending", first.Status, first.Message)
	part := r.games()
	require.Positive(t, part)
	require.Less(t, part, int64(64))

	var request jobs.Request
	require.NoError(t, json.Unmarshal(r.job(job.ID).Request, &request))
	require.Len(t, request.Parts, 1)
	var params workload.SelfplayParams
	require.NoError(t, json.Unmarshal(request.Params, &params))
	require.EqualValues(t, 80-part, params.Games)

	var last spec.JobOutcome
	for last.Status != "completed" && last.Status != "failed" {
		last = r.finish(r.attempt(t.Context(), job, n, nil))
	}
	require.Greater(t, r.games(), part, "the remainder's games are other games")
	if last.Status == "completed" {
		outputs := r.result(job).Outputs
		require.Greater(t, len(outputs), 1, "the result names all parts")
		require.Equal(t, request.Parts[0], outputs[0])
	}
}

func TestTooManyGamesAreRefused(t *testing.T) {
	r := setup(t)
	job := r.submit(workload.Selfplay, workload.SelfplayParams{Games: ledger.MaxGames + 1, SearchBudget: 1})
	outcome := r.finish(r.attempt(t.Context(), job, r.node("node-1"), nil))
	require.Equal(t, "failed", outcome.Status)
	require.Contains(t, outcome.Message, "at most 5000")
	require.Zero(t, r.games())
}

// TestAnOldTokenChangesNothing ends an attempt whose job was given to another node.
func TestAnOldTokenChangesNothing(t *testing.T) {
	r := setup(t)
	one, two := r.node("node-1"), r.node("node-2")
	r.recorder = r.newRecorder(50 * time.Millisecond)
	job := r.submit(workload.Selfplay, workload.SelfplayParams{Games: 5, SearchBudget: 4})
	old := r.attempt(t.Context(), job, one, nil)
	require.Eventually(t, func() bool {
		expired, err := r.session.ExpireLeases(t.Context())
		return err == nil && len(expired) == 1
	}, 30*time.Second, 10*time.Millisecond)
	r.recorder = r.newRecorder(time.Minute)

	before := r.told()
	require.Equal(t, "pending", r.finish(old).Status)
	require.Zero(t, r.games())
	items, err := r.ledger.Items(t.Context(), ledger.ItemFilter{}, ledger.Page{})
	require.NoError(t, err)
	require.Empty(t, items.Items, "nothing of it is registered")
	require.Equal(t, before, r.told())

	granted := r.grant(job, two.name)
	require.Equal(t, "claimed", r.finish(old).Status, "nor while another node has the job")
	start, err := r.recorder.Start(t.Context(), old.Grant)
	require.NoError(t, err)
	require.NotEmpty(t, start.Refused)
	report, err := two.Run(t.Context(), r.assignment(granted), nil)
	require.NoError(t, err)
	text, err := json.Marshal(report)
	require.NoError(t, err)
	require.Equal(t, "completed", r.finish(spec.JobEnd{Grant: granted, Report: text}).Status)
	require.Equal(t, "completed", r.finish(old).Status)
	require.EqualValues(t, 5, r.games())
	require.Equal(t, "node-2", r.result(job).Node)
}

func TestACancelledJob(t *testing.T) {
	r := setup(t)
	n := r.node("node-1")
	job := r.submit(workload.Selfplay, slow(10_000))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	end := r.attempt(ctx, job, n, func(p jobs.Progress) {
		if p.Done >= 1 {
			stop()
		}
	})
	end.Stopped = spec.SignalCancelJob
	require.Equal(t, "cancelled", r.finish(end).Status)
	require.Zero(t, r.games())
	require.Equal(t, []bus.Name{"WORK_STARTED", "WORK_CANCELLED"}, r.told())

	other := r.submit(workload.Init, workload.InitParams{})
	granted := r.grant(other, n.name)
	_, err := r.session.CancelJob(t.Context(), other.ID, "not wanted")
	require.NoError(t, err)
	start, err := r.recorder.Start(t.Context(), granted)
	require.NoError(t, err)
	require.Contains(t, start.Refused, "cancelled")
	require.Equal(t, ledger.Cancelled, r.job(other.ID).Status)
}

// TestANewerAttemptEndsTheOlder starts an attempt while the one before it still runs on the node.
func TestANewerAttemptEndsTheOlder(t *testing.T) {
	r := setup(t)
	n := r.node("node-1")
	job := r.submit(workload.Selfplay, slow(10_000))
	assignment := r.assignment(r.grant(job, n.name))
	running, first := make(chan struct{}), make(chan jobs.Report, 1)
	go func() {
		told := false
		report, _ := n.Run(t.Context(), assignment, func(p jobs.Progress) {
			if p.Done >= 1 && !told {
				told = true
				close(running)
			}
		})
		first <- report
	}()
	<-running
	newer := assignment
	newer.Attempt, newer.Params = 2, json.RawMessage(`{"games":2,"search_budget":4}`)
	report, err := n.Run(t.Context(), newer, nil)
	require.NoError(t, err)
	require.Equal(t, workload.ActionComplete, report.Decision.Action, report.Decision.Reason)
	before := <-first
	require.Equal(t, "lost", before.Decision.Class)
	require.False(t, before.Ended.After(report.Ended))
}

func TestALostAttemptCostsNothing(t *testing.T) {
	r := setup(t)
	job := r.submit(workload.Init, workload.InitParams{})
	for name, progress := range map[string]string{"unreached": "", "lost": `{"stage":"running"}`} {
		granted := r.grant(job, "node-1")
		r.assignment(granted)
		outcome := r.finish(spec.JobEnd{Grant: granted, Lost: "the node is silent", Progress: json.RawMessage(progress)})
		require.Equal(t, "pending", outcome.Status, name)
		require.Equal(t, name, r.job(job.ID).ErrorClass)
	}
	require.Zero(t, r.job(job.ID).Spent())
}
