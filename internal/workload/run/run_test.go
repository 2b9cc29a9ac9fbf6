package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/run"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

func TestMain(m *testing.M) {
	workloadtest.ActAsShim()
	os.Exit(m.Run())
}

// rig runs commands of the Python adapter.
type rig struct {
	*run.Runner
	workload *workload.Workload
	dir      string
}

func setup(t *testing.T) rig {
	t.Helper()
	loaded, err := workload.Load(filepath.Join("..", "python"))
	require.NoError(t, err)
	dir := t.TempDir()
	scope, err := process.Scope(dir)
	require.NoError(t, err)
	return rig{run.New(run.Options{Scope: scope, Environment: []string{"PATH=" + os.Getenv("PATH")}}), loaded, dir}
}

// job is a command with params, to be changed by tests.
func (r rig) job(t *testing.T, command workload.Command, params any, deadline time.Duration) run.Job {
	t.Helper()
	text, err := json.Marshal(params)
	require.NoError(t, err)
	request := workload.Request{
		Contract: workload.Contract, JobID: "job-1", Attempt: 1, Command: command, ConfigKey: "nim21_2p", Seed: 1,
		IssuedAt: time.Now().UTC(), Limits: workload.Limits{CPU: 1}, Inputs: []workload.Input{}, Params: text,
	}
	if deadline > 0 {
		request.Deadline = time.Now().Add(deadline).Truncate(time.Second).UTC()
	}
	attempt, err := workload.NewAttempt(filepath.Join(r.dir, "attempt"), request)
	require.NoError(t, err)
	return run.Job{Workload: r.workload, Attempt: attempt, Grace: 30 * time.Second}
}

func drilled(fault workload.Fault) workload.InitParams {
	return workload.InitParams{Drill: workload.Drill{Fault: fault}}
}

func TestAJobIsRunAndProved(t *testing.T) {
	t.Parallel()
	r := setup(t)
	job := r.job(t, workload.Selfplay, workload.SelfplayParams{Games: 30}, 0)
	var told []workload.Line
	job.OnLine = func(line workload.Line) { told = append(told, line) }
	report, err := r.Run(t.Context(), job)
	require.NoError(t, err)
	require.Equal(t, workload.ActionComplete, report.Decision.Action, report.Message)
	require.NotNil(t, report.Result)
	require.Equal(t, 30.0, report.Progress.Done)
	require.Empty(t, report.Flags)
	require.NotEmpty(t, told)
	var metrics workload.SelfplayMetrics
	require.NoError(t, report.Result.DecodeMetrics(&metrics))
	require.Equal(t, 30, metrics.GamesCompleted)
}

// TestEndings brings each kind of ending about and expects the decision that follows.
func TestEndings(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault  workload.Fault
		change func(*run.Job)
		stop   error // ends the job as soon as it beats
		action workload.Action
		class  string
	}{
		"exit code":      {fault: workload.ExitFault(workload.ExitDiskFull), action: workload.ActionRetryElsewhere, class: "disk_full"},
		"no result":      {fault: workload.FaultNoResult, action: workload.ActionFail, class: "protocol"},
		"wrong hash":     {fault: workload.FaultWrongHash, action: workload.ActionFail, class: "protocol"},
		"silent":         {fault: workload.FaultSilent, change: func(j *run.Job) { j.BeatLimit = time.Second }, action: workload.ActionRetryElsewhere, class: "stuck"},
		"no progress":    {fault: workload.FaultHang, change: func(j *run.Job) { j.SilentLimit = time.Second }, action: workload.ActionRetryElsewhere, class: "stuck"},
		"preempted":      {fault: workload.FaultHang, stop: run.ErrPreempted, action: workload.ActionRequeue, class: "preempted"},
		"lease lost":     {fault: workload.FaultHang, stop: run.ErrLost, action: workload.ActionRequeue, class: "lost"},
		"cancelled":      {fault: workload.FaultHang, stop: errors.New("not wanted"), action: workload.ActionDrop, class: "cancelled"},
		"deaf and asked": {fault: workload.FaultIgnoreTerm, stop: run.ErrPreempted, change: func(j *run.Job) { j.Grace = time.Second }, action: workload.ActionRequeue, class: "preempted"},
		"out of memory": {fault: workload.FaultOutOfMemory, change: func(j *run.Job) { j.Attempt.Request.Limits.MemMB = 128 },
			action: workload.ActionRetryHalved, class: "out_of_memory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			job := r.job(t, workload.Init, drilled(row.fault), 0)
			ctx, stop := context.WithCancelCause(t.Context())
			defer stop(nil)
			job.OnLine = func(workload.Line) {
				if row.stop != nil {
					stop(row.stop)
				}
			}
			if row.change != nil {
				row.change(&job)
			}
			report, err := r.Run(ctx, job)
			require.NoError(t, err)
			require.Equal(t, row.action, report.Decision.Action, "%s: %s", report.Exit, report.Message)
			require.Equal(t, row.class, report.Decision.Class)
			require.Nil(t, report.Result)
		})
	}
}

// What a job does without its lease counts for nothing, and its replacement runs by now.
func TestAJobWithoutItsLeaseEndsSoon(t *testing.T) {
	t.Parallel()
	r := setup(t)
	job := r.job(t, workload.Init, drilled(workload.FaultIgnoreTerm), 0)
	job.Grace = 2 * time.Minute
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	var lost time.Time
	job.OnLine = func(workload.Line) {
		if lost.IsZero() {
			lost = time.Now()
			stop(run.ErrLost)
		}
	}
	report, err := r.Run(ctx, job)
	require.NoError(t, err)
	require.Equal(t, "lost", report.Decision.Class)
	require.Less(t, time.Since(lost), 6*process.OrphanGrace)
}

// TestKill9IsNoResult kills a command in the middle of its work.
func TestKill9IsNoResult(t *testing.T) {
	t.Parallel()
	r := setup(t)
	job := r.job(t, workload.Selfplay, workload.SelfplayParams{Games: 1_000_000}, 0)
	job.OnLine = func(line workload.Line) {
		if line.T == workload.LineProgress {
			killAll(t, "HOME="+job.Attempt.Temporary())
		}
	}
	report, err := r.Run(t.Context(), job)
	require.NoError(t, err)
	require.Equal(t, workload.ActionRetryElsewhere, report.Decision.Action, report.Exit)
	require.Equal(t, workload.ClassKilled, report.Decision.Class, "nobody knows why: it is no lack of memory")
	require.Nil(t, report.Result)
	require.NoFileExists(t, job.Attempt.ResultPath())
	outputs, err := filepath.Glob(filepath.Join(job.Attempt.Request.OutputDir, "*"))
	require.NoError(t, err)
	require.Empty(t, outputs, "nothing half-written has a final name")
}

// killAll kills every process that has the variable in its environment.
func killAll(t *testing.T, variable string) {
	t.Helper()
	found, err := filepath.Glob("/proc/[0-9]*/environ")
	require.NoError(t, err)
	for _, path := range found {
		environment, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(environment), variable+"\x00") {
			continue // gone meanwhile, or another's
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		require.NoError(t, err)
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone meanwhile
	}
}

func TestTheDeadlineLeavesAPartialResult(t *testing.T) {
	t.Parallel()
	r := setup(t)
	report, err := r.Run(t.Context(), r.job(t, workload.Selfplay, workload.SelfplayParams{Games: 10_000_000}, 8*time.Second))
	require.NoError(t, err)
	require.Equal(t, workload.ActionRetryRemainder, report.Decision.Action, report.Message)
	require.Equal(t, workload.StatusPartial, report.Result.Status)
	require.Positive(t, report.Ending.Done)
	require.Less(t, report.Ending.Done, workload.AcceptShare)
}

func TestWhatACommandSaysOfItsFailureIsKept(t *testing.T) {
	t.Parallel()
	r := setup(t)
	report, err := r.Run(t.Context(), r.job(t, workload.Selfplay, workload.SelfplayParams{Games: -1}, 0))
	require.NoError(t, err)
	require.Equal(t, workload.ActionFail, report.Decision.Action)
	require.Contains(t, report.Message, "games")
}

func TestAnOrphanIsEndedAndFlagged(t *testing.T) {
	t.Parallel()
	r := setup(t)
	report, err := r.Run(t.Context(), r.job(t, workload.Init, drilled(workload.FaultOrphan), 0))
	require.NoError(t, err)
	require.Equal(t, workload.ActionComplete, report.Decision.Action)
	require.Len(t, report.Flags, 1)
	require.Equal(t, workload.RuleOrphans, report.Flags[0].Rule)
}

func TestNoiseIsFlagged(t *testing.T) {
	t.Parallel()
	for _, fault := range []workload.Fault{workload.FaultNoise, workload.FaultLongLine} {
		r := setup(t)
		report, err := r.Run(t.Context(), r.job(t, workload.Init, drilled(fault), 0))
		require.NoError(t, err)
		require.Equal(t, workload.ActionComplete, report.Decision.Action, "%s: %s", fault, report.Message)
		require.Len(t, report.Flags, 1, fault)
		require.Equal(t, workload.RuleLines, report.Flags[0].Rule, fault)
	}
}

func TestACommandThatCannotBeStarted(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.workload.Manifest.Commands[workload.Init] = []string{"no-such-program"}
	_, err := r.Run(t.Context(), r.job(t, workload.Init, drilled(""), 0))
	require.ErrorContains(t, err, "no-such-program")
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	r := setup(t)
	require.NoError(t, r.Describe(t.Context(), r.workload, r.dir))
	other := *r.workload.Manifest
	other.Version = "2.0.0"
	r.workload.Manifest = &other
	require.ErrorContains(t, r.Describe(t.Context(), r.workload, r.dir), "another manifest")
}

// TestACommandSeesOnlyItsOwnEnvironment runs a workload whose only command prints its environment.
func TestACommandSeesOnlyItsOwnEnvironment(t *testing.T) {
	t.Parallel()
	r := setup(t)
	program := filepath.Join(r.dir, "print")
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\nenv >&2\nexit 12\n"), 0o755))
	r.workload.Dir = r.dir
	r.workload.Manifest.Commands[workload.Init] = []string{"./print"}
	report, err := r.Run(t.Context(), r.job(t, workload.Init, drilled(""), time.Hour))
	require.NoError(t, err)
	require.Equal(t, workload.ActionWait, report.Decision.Action)
	for _, name := range []string{"RINGRIFT_JOB_ID=job-1", "RINGRIFT_ATTEMPT=1", "RINGRIFT_CPUS=1", "RINGRIFT_GPUS=", "RINGRIFT_DEADLINE=1", "TMPDIR=" + r.dir} {
		require.Contains(t, report.Message, name)
	}
	require.NotContains(t, report.Message, "GOFLAGS")
	require.NotContains(t, report.Message, "USER=")
}
