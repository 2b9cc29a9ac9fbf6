package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
)

// interruptible are commands that are told to end in the middle and go on later.
func interruptible(t *testing.T, r *rig) map[string]order {
	t.Helper()
	m := r.do(order{command: workload.Init, params: object{}}).as("m", workload.RoleModel)
	games := r.do(order{command: workload.Selfplay, params: object{"games": 30}}).as("g", workload.RoleGames)
	data := r.do(order{command: workload.Export, inputs: []workload.Input{games}, params: object{"games": []string{"g"}}}).as("d", workload.RoleDataset)
	duel := []object{{"baseline": "heuristic", "games": 12}, {"baseline": "random", "games": 12}}
	trio := []object{{"id": "a", "model": "m"}, {"id": "b", "baseline": "random"}, {"id": "c", "baseline": "heuristic"}}
	return map[string]order{
		"selfplay": {command: workload.Selfplay, inputs: []workload.Input{m}, params: object{"games": 24, "model": "m", "pace_ms": 15,
			"opponents": []object{{"baseline": "heuristic_search", "share": 0.4}}}},
		"evaluate": {command: workload.Evaluate, inputs: []workload.Input{m}, params: object{"model": "m", "opponents": duel, "pace_ms": 15}},
		"match":    {command: workload.Match, inputs: []workload.Input{m}, params: object{"participants": trio, "pairings": [][]string{{"a", "b"}, {"b", "c"}}, "games_per_pair": 12, "pace_ms": 15}},
		"train":    {command: workload.Train, inputs: []workload.Input{data}, params: object{"dataset": "d", "epochs": 24, "pace_ms": 15}},
	}
}

// A command that is told to end writes a checkpoint and ends with 30; the next attempt goes on from it and ends
// with the same bytes as one that was never interrupted.
func TestInterruptedWorkEndsTheSame(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sq5_2p")
	for name, o := range interruptible(t, r) {
		o.job, o.seed = "job-"+name, 11
		whole := r.do(o)
		resume := interrupted(r, o)
		o.resume, o.cpus = resume, 1 // and on another number of threads
		again := r.do(o)
		require.Equal(t, whole.report.Result.Outputs, again.report.Result.Outputs, name)
		if o.command != workload.Train { // the games of the checkpoint were not played again
			require.Equal(t, steadied(t, whole), steadied(t, again), name)
		}
	}
}

// interrupted ends an attempt when a quarter is done and returns its checkpoint.
func interrupted(r *rig, o order) *workload.ResumePoint {
	r.Helper()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	o.onLine = func(line workload.Line) {
		if line.T == workload.LineProgress && line.Done >= 6 {
			cancel()
		}
	}
	d := r.start(ctx, o)
	require.Equal(r, workload.ExitCancelled, d.report.Ending.Code, "%s: %s", o.command, d.report.Message)
	require.NoFileExists(r, d.attempt.ResultPath())
	told := d.report.Progress.Checkpoint
	require.NotNil(r, told, o.command)
	require.Positive(r, told.Step)
	require.Less(r, told.Step, int64(24))
	return &workload.ResumePoint{Path: filepath.Join(d.attempt.Request.OutputDir, told.Path), SHA256: told.SHA256, Step: told.Step}
}

// steadied is a result without what depends on the clock.
func steadied(t *testing.T, d *done) any {
	t.Helper()
	switch d.attempt.Request.Command {
	case workload.Selfplay:
		m := metrics[workload.SelfplayMetrics](d)
		m.MovesPerSecond = 0
		return m
	case workload.Evaluate:
		m := metrics[workload.EvaluateMetrics](d)
		m.ElapsedSeconds = 0
		return m
	}
	m := metrics[workload.MatchMetrics](d)
	m.ElapsedSeconds = 0
	return m
}

// A checkpoint that is damaged costs what was in it, not the job.
func TestDamagedCheckpointsStartOver(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sq5_2p")
	for name, o := range interruptible(t, r) {
		o.job = "job-" + name
		o.params.(object)["pace_ms"] = 0
		whole := r.do(o)
		path := filepath.Join(t.TempDir(), "damaged")
		require.NoError(t, os.WriteFile(path, []byte("not a checkpoint"), 0o600))
		for _, hash := range []string{fileInput(t, "x", workload.RoleCheckpoint, path).SHA256, strings.Repeat("0", 64)} {
			warned := false
			o.onLine = func(line workload.Line) { warned = warned || line.T == workload.LineWarn }
			o.resume = &workload.ResumePoint{Path: path, SHA256: hash, Step: 5}
			again := r.do(o)
			require.Equal(t, whole.report.Result.Outputs, again.report.Result.Outputs, name)
			require.True(t, warned, name)
		}
	}
}

// At the deadline what is done is handed over, with exit code 31.
func TestDeadlineHandsOverWhatIsDone(t *testing.T) {
	t.Parallel()
	parent := newRig(t, "sq5_2p")
	for name, o := range interruptible(t, parent) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := parent.in(t)
			o.params.(object)["pace_ms"] = 1000
			o.deadline = time.Now().Add(8 * time.Second)
			d := r.start(t.Context(), o)
			require.Equal(t, workload.ExitDeadline, d.report.Ending.Code, d.report.Message)
			require.NotNil(t, d.report.Result)
			require.Equal(t, workload.StatusPartial, d.report.Result.Status)
			if o.command != workload.Train {
				facts := r.inspected(d.as("part", workload.RoleGames))
				require.Positive(t, facts.Verified)
				require.Less(t, facts.Verified, int64(24))
			}
		})
	}
}

// After kill -9 in the middle nothing stands under a final name; another attempt gives what it always gives.
func TestKilledCommandsLeaveNoHalfFiles(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sq5_2p")
	for name, o := range interruptible(t, r) {
		o.job = "job-" + name
		whole := r.do(o)
		out := killed(r, whole.attempt)
		entries, err := os.ReadDir(out)
		require.NoError(t, err)
		for _, entry := range entries {
			require.True(t, strings.HasPrefix(entry.Name(), "."), "%s left %s", name, entry.Name())
		}
		require.Equal(t, whole.report.Result.Outputs, r.do(o).report.Result.Outputs, name)
	}
}

// killed runs the request of an attempt again, kills it when it is well under way, and returns its output folder.
func killed(r *rig, like *workload.Attempt) string {
	r.Helper()
	attempt, err := workload.NewAttempt(filepath.Join(r.TempDir(), "killed"), like.Request)
	require.NoError(r, err)
	command := exec.Command(filepath.Join(built.Dir(), "mini"), string(attempt.Request.Command), "--request", attempt.RequestPath())
	command.Dir = attempt.Dir
	lines, err := command.StdoutPipe()
	require.NoError(r, err)
	require.NoError(r, command.Start())
	for scanner := bufio.NewScanner(lines); scanner.Scan(); {
		if strings.Contains(scanner.Text(), `"progress"`) {
			break
		}
	}
	require.NoError(r, command.Process.Kill())
	require.Error(r, command.Wait())
	require.NoFileExists(r, attempt.ResultPath())
	return attempt.Request.OutputDir
}
