package adapter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/run"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

// asProgram makes the test binary a workload: all but its name is that of a real one.
const asProgram = "ADAPTER_TEST_PROGRAM"

func TestMain(m *testing.M) {
	workloadtest.ActAsShim()
	if os.Getenv(asProgram) != "" {
		workloadtest.Exit(program().Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func manifest() []byte {
	m := workload.Manifest{
		Name: "sample", Version: "1", Contract: workload.Contract, Commands: map[workload.Command][]string{},
		Configs:   []workload.Config{{Key: "dot_2p", Board: "dot", Players: 2, Cells: 1, SizeClass: "small"}},
		Features:  workload.Features{Faults: true},
		Baselines: []workload.Baseline{{ID: workload.BaselineRandom, Pinned: true}},
		Harnesses: []workload.Harness{{ID: "plain", Default: true}},
		Formats:   workload.Formats{Games: "sqlite", Dataset: "npz", Model: "txt"}, EncoderVersion: "1",
	}
	for _, command := range workload.Commands() {
		if command.Mandatory() {
			m.Commands[command] = []string{"./program"}
		}
	}
	text, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return text
}

// program is a workload whose commands do what the tests need of them.
func program() adapter.Program {
	return adapter.Program{Manifest: manifest(), Commands: map[workload.Command]adapter.Run{
		workload.Init: func(ctx context.Context, task *adapter.Task) (any, error) {
			var params workload.InitParams
			if err := task.Params(&params); err != nil {
				return nil, err
			}
			if err := adapter.WriteFile(task.Path("model.txt"), []byte("weights")); err != nil {
				return nil, err
			}
			task.Count("models", 1)
			return nil, task.Output(workload.RoleModel, "model.txt", -1)
		},
		workload.Inspect: func(ctx context.Context, task *adapter.Task) (any, error) {
			var params workload.InspectParams
			if err := task.Params(&params); err != nil {
				return nil, err
			}
			_, err := task.Input("file", params.File, workload.RoleModel)
			return workload.InspectMetrics{Role: workload.RoleModel}, err
		},
		// Trains until it is told to end, then leaves a checkpoint.
		workload.Train: func(ctx context.Context, task *adapter.Task) (any, error) {
			task.Progress(1, 0, "epochs", map[string]float64{"loss": 2})
			<-ctx.Done()
			if err := adapter.WriteFile(task.Path("checkpoint"), []byte("state")); err != nil {
				return nil, err
			}
			return nil, errors.Join(context.Cause(ctx), task.Checkpoint("checkpoint", 1))
		},
		// Plays until its deadline, and hands over what it has.
		workload.Selfplay: func(ctx context.Context, task *adapter.Task) (any, error) {
			task.Progress(9, 10, "games", nil)
			<-ctx.Done()
			if err := adapter.WriteFile(task.Path("games.db"), []byte("games")); err != nil {
				return nil, err
			}
			metrics := workload.SelfplayMetrics{GamesCompleted: 9, WinnersBySeat: []int{9, 0}}
			return metrics, errors.Join(context.Cause(ctx), task.Output(workload.RoleGames, "games.db", 9))
		},
	}}
}

// rig runs the program as a real process.
type rig struct {
	*run.Runner
	workload *workload.Workload
	dir      string
}

func setup(t *testing.T) rig {
	t.Helper()
	dir := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\n%s=1 exec %q \"$@\"\n", asProgram, os.Args[0])
	require.NoError(t, os.WriteFile(filepath.Join(dir, "program"), []byte(script), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, workload.ManifestFile), manifest(), 0o644))
	loaded, err := workload.Load(dir)
	require.NoError(t, err)
	scope, err := process.Scope(dir)
	require.NoError(t, err)
	return rig{run.New(run.Options{Scope: scope, Environment: []string{"PATH=" + os.Getenv("PATH")}}), loaded, dir}
}

// attempt asks for a command; change may alter the request.
func (r rig) attempt(t *testing.T, command workload.Command, params string, change func(*workload.Request)) run.Job {
	t.Helper()
	request := workload.Request{
		Contract: workload.Contract, JobID: "job-1", Attempt: 1, Command: command, ConfigKey: "dot_2p", Seed: 1, IssuedAt: time.Now(),
		Limits: workload.Limits{CPU: 1}, Inputs: []workload.Input{}, Params: json.RawMessage(params),
	}
	if change != nil {
		change(&request)
	}
	attempt, err := workload.NewAttempt(filepath.Join(t.TempDir(), "attempt"), request)
	require.NoError(t, err)
	return run.Job{Workload: r.workload, Attempt: attempt, Grace: 30 * time.Second}
}

func TestTheManifestIsPrinted(t *testing.T) {
	t.Parallel()
	r := setup(t)
	require.NoError(t, r.Describe(t.Context(), r.workload, r.dir))
}

func TestACommandThatSucceeds(t *testing.T) {
	t.Parallel()
	r := setup(t)
	report, err := r.Run(t.Context(), r.attempt(t, workload.Init, `{}`, nil))
	require.NoError(t, err)
	require.Equal(t, workload.ActionComplete, report.Decision.Action, report.Message)
	require.Equal(t, map[string]int64{"models": 1}, report.Result.Counters)
	require.Empty(t, report.Flags)
}

// TestWhatARequestMayNotAsk expects an exit code and the field that is at fault.
func TestWhatARequestMayNotAsk(t *testing.T) {
	t.Parallel()
	r := setup(t)
	for name, row := range map[string]struct {
		command workload.Command
		params  string
		change  func(*workload.Request)
		code    workload.ExitCode
		says    string
	}{
		"unknown param":   {workload.Init, `{"depth":3}`, nil, workload.ExitBadRequest, "depth"},
		"wrong type":      {workload.Init, `{"architecture":3}`, nil, workload.ExitBadRequest, "architecture"},
		"unknown config":  {workload.Init, `{}`, func(r *workload.Request) { r.ConfigKey = "dot_3p" }, workload.ExitBadRequest, "config_key"},
		"unknown command": {workload.Evaluate, `{}`, nil, workload.ExitBadRequest, "command"},
		"unknown fault":   {workload.Init, `{"fault":"explode"}`, nil, workload.ExitBadRequest, "params.fault"},
		"no such input":   {workload.Inspect, `{"file":"model"}`, nil, workload.ExitBadRequest, "params.file"},
		"input not there": {workload.Inspect, `{"file":"model"}`, func(r *workload.Request) { r.Inputs = gone(workload.RoleModel) }, workload.ExitBadInput, "nowhere"},
		"another role":    {workload.Inspect, `{"file":"model"}`, func(r *workload.Request) { r.Inputs = gone(workload.RoleGames) }, workload.ExitBadRequest, "role"},
	} {
		report, err := r.Run(t.Context(), r.attempt(t, row.command, row.params, row.change))
		require.NoError(t, err, name)
		require.Equal(t, row.code, report.Ending.Code, "%s: %s", name, report.Message)
		require.Contains(t, report.Message, row.says, name)
	}
}

func gone(role workload.Role) []workload.Input {
	return []workload.Input{{Name: "model", Role: role, Path: "/nowhere", SHA256: fmt.Sprintf("%064d", 0)}}
}

func TestTermLeavesACheckpoint(t *testing.T) {
	t.Parallel()
	r := setup(t)
	job := r.attempt(t, workload.Train, `{}`, nil)
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	job.OnLine = func(line workload.Line) {
		if line.T == workload.LineProgress {
			stop(run.ErrPreempted)
		}
	}
	report, err := r.Run(ctx, job)
	require.NoError(t, err)
	require.Equal(t, workload.ExitCancelled, report.Ending.Code, report.Message)
	require.Equal(t, workload.ActionRequeue, report.Decision.Action)
	require.NotNil(t, report.Progress.Checkpoint)
	hash, _, err := workload.HashFile(filepath.Join(job.Attempt.Request.OutputDir, report.Progress.Checkpoint.Path))
	require.NoError(t, err)
	require.Equal(t, hash, report.Progress.Checkpoint.SHA256)
}

func TestTheDeadlineHandsOverWhatIsDone(t *testing.T) {
	t.Parallel()
	r := setup(t)
	report, err := r.Run(t.Context(), r.attempt(t, workload.Selfplay, `{"games":10}`, func(r *workload.Request) {
		r.Deadline = time.Now().Add(5 * time.Second) // a slow machine has begun by then
	}))
	require.NoError(t, err)
	require.Equal(t, workload.ExitDeadline, report.Ending.Code, report.Message)
	require.Equal(t, workload.ActionCompletePart, report.Decision.Action)
	require.InDelta(t, 0.9, report.Ending.Done, 1e-9)
}

// TestEachFaultIsShown asks for every fault and expects what the runner makes of it.
func TestEachFaultIsShown(t *testing.T) {
	t.Parallel()
	r := setup(t)
	for fault, class := range map[workload.Fault]string{
		workload.ExitFault(workload.ExitTransient): "transient",
		workload.FaultHang:                         "stuck",
		workload.FaultSilent:                       "stuck",
		workload.FaultIgnoreTerm:                   "stuck",
		workload.FaultOutOfMemory:                  "out_of_memory",
		workload.FaultNoise:                        "",
		workload.FaultLongLine:                     "",
		workload.FaultOrphan:                       "",
		workload.FaultNaN:                          "bad_request", // of init: only train shows it
		workload.FaultNoResult:                     "protocol",
		workload.FaultBadResult:                    "protocol",
		workload.FaultForeignResult:                "protocol",
		workload.FaultWrongHash:                    "protocol",
		workload.FaultTruncatedOutput:              "protocol",
		workload.FaultMissingOutput:                "protocol",
		workload.FaultEscape:                       "protocol",
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			job := r.attempt(t, workload.Init, fmt.Sprintf(`{"fault":%q}`, fault), func(r *workload.Request) { r.Limits.MemMB = 256 })
			job.Grace, job.SilentLimit = time.Second, time.Minute // a slow machine is not stuck
			if class == "stuck" {
				job.SilentLimit = time.Second
			}
			report, err := r.Run(t.Context(), job)
			require.NoError(t, err)
			require.Equal(t, class, report.Decision.Class, "%s: %s", report.Exit, report.Message)
			require.Equal(t, class == "", report.Result != nil)
		})
	}
}

func TestErrorsOfTheSystemHaveExitCodes(t *testing.T) {
	t.Parallel()
	for text, row := range map[string]struct {
		err  error
		code workload.ExitCode
	}{
		"full disk":     {&os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, workload.ExitDiskFull},
		"quota":         {syscall.EDQUOT, workload.ExitDiskFull},
		"read-only":     {&os.PathError{Op: "open", Path: "x", Err: syscall.EROFS}, workload.ExitTransient},
		"permission":    {syscall.EACCES, workload.ExitTransient},
		"memory":        {syscall.ENOMEM, workload.ExitOutOfMemory},
		"its own":       {fmt.Errorf("train: %w", adapter.Fail(workload.ExitDiverged, errors.New("NaN"))), workload.ExitDiverged},
		"cancelled":     {fmt.Errorf("train: %w", adapter.ErrCancelled), workload.ExitCancelled},
		"anything else": {errors.New("bug"), workload.ExitInternal},
	} {
		failing := adapter.Program{Manifest: manifest(), Commands: map[workload.Command]adapter.Run{
			workload.Init: func(context.Context, *adapter.Task) (any, error) { return nil, row.err },
		}}
		r := setup(t)
		attempt := r.attempt(t, workload.Init, `{}`, nil).Attempt
		var out, complaint bytes.Buffer
		code := failing.Main([]string{"init", "--request", attempt.RequestPath()}, &out, &complaint)
		require.Equal(t, int(row.code), code, text)
		require.Contains(t, complaint.String(), row.err.Error(), text)
	}
}

func TestAFileAppearsWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	require.NoError(t, adapter.WriteFile(path, []byte("one")))
	require.NoError(t, adapter.WriteFile(path, []byte("two")))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "two", string(text))
	require.Error(t, adapter.WriteFile(filepath.Join(dir, "nowhere", "file"), nil))
	require.Error(t, adapter.WriteFile(dir, nil), "a folder is not replaced")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing half-written is left")
}
