package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/run"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

// built is the workload as it is shipped, for all tests of the package.
var built workloadtest.Mini

func TestMain(m *testing.M) { built.Main(m) }

// rig runs commands of the built workload in attempt folders of one test.
type rig struct {
	testing.TB
	dir      string
	config   string
	cpus     int
	workload *workload.Workload
	runner   *run.Runner
	attempts *atomic.Int64
}

func newRig(t testing.TB, config string) *rig {
	t.Helper()
	dir := t.TempDir()
	scope, err := process.Scope(dir)
	require.NoError(t, err)
	runner := run.New(run.Options{Scope: scope, Environment: []string{"PATH=" + os.Getenv("PATH")}})
	return &rig{TB: t, dir: dir, config: config, cpus: 2, workload: built.Load(t), runner: runner, attempts: new(atomic.Int64)}
}

// in is the rig for a subtest.
func (r *rig) in(t *testing.T) *rig {
	part := *r
	part.TB = t
	return &part
}

// order is one command to run.
type order struct {
	command  workload.Command
	params   any
	inputs   []workload.Input
	job      string // default: a new one
	seed     int64
	cpus     int // default 2
	deadline time.Time
	resume   *workload.ResumePoint
	onLine   func(workload.Line)
}

// done is a command that was run.
type done struct {
	rig     *rig
	attempt *workload.Attempt
	report  *run.Report
}

// start runs a command, however it ends.
func (r *rig) start(ctx context.Context, o order) *done {
	r.Helper()
	number := r.attempts.Add(1)
	params, err := json.Marshal(o.params)
	require.NoError(r, err)
	if o.job == "" {
		o.job = fmt.Sprintf("job-%d", number)
	}
	request := workload.Request{
		Contract: workload.Contract, JobID: o.job, Attempt: 1, Command: o.command, ConfigKey: r.config, Seed: o.seed,
		IssuedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Deadline: o.deadline,
		Limits: workload.Limits{CPU: orDefault(o.cpus, r.cpus)}, Inputs: o.inputs, ResumeFrom: o.resume, Params: params,
	}
	attempt, err := workload.NewAttempt(filepath.Join(r.dir, fmt.Sprintf("%03d-%s", number, o.command)), request)
	require.NoError(r, err)
	report, err := r.runner.Run(ctx, run.Job{Workload: r.workload, Attempt: attempt, OnLine: o.onLine})
	require.NoError(r, err)
	return &done{r, attempt, report}
}

// do runs a command that must succeed.
func (r *rig) do(o order) *done {
	r.Helper()
	d := r.start(r.Context(), o)
	require.NotNil(r, d.report.Result, "%s: %+v: %s", o.command, d.report.Ending, d.report.Message)
	require.Equal(r, workload.StatusOK, d.report.Result.Status)
	return d
}

// refused runs a command that must end with a code, and returns what it said.
func (r *rig) refused(code workload.ExitCode, o order) string {
	r.Helper()
	d := r.start(r.Context(), o)
	require.Equal(r, code, d.report.Ending.Code, "%s %+v: %s", o.command, o.params, d.report.Message)
	require.Zero(r, d.report.Ending.Signal)
	return d.report.Message
}

// path is where the only output of a role is.
func (d *done) path(role workload.Role) string {
	d.rig.Helper()
	output, err := d.report.Result.Output(role)
	require.NoError(d.rig, err)
	return d.attempt.OutputPath(output)
}

// as makes the only output of a role an input.
func (d *done) as(name string, role workload.Role) workload.Input {
	d.rig.Helper()
	return fileInput(d.rig, name, role, d.path(role))
}

func fileInput(t require.TestingT, name string, role workload.Role, path string) workload.Input {
	hash, _, err := workload.HashFile(path)
	require.NoError(t, err)
	return workload.Input{Name: name, Role: role, Path: path, SHA256: hash}
}

// metrics reads what the command reported.
func metrics[M any](d *done) (m M) {
	d.rig.Helper()
	require.NoError(d.rig, d.report.Result.DecodeMetrics(&m))
	return m
}

// inspected has an input replayed and counted by the other code path.
func (r *rig) inspected(file workload.Input) workload.InspectMetrics {
	r.Helper()
	d := r.do(order{command: workload.Inspect, inputs: []workload.Input{file}, params: workload.InspectParams{File: file.Name, Verify: 1, ListIDs: true}})
	facts := metrics[workload.InspectMetrics](d)
	require.Empty(r, facts.ReplayErrors)
	return facts
}
