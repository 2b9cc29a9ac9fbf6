package idleresource_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/resource/idleresource"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/host/killtest"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const patience = 60 * time.Second

var mini workloadtest.Mini

func TestMain(m *testing.M) {
	if os.Getenv(killtest.Variable) != "" { // a copy that is to be killed needs no workload
		os.Exit(m.Run())
	}
	pipelinetest.Main(m, &mini)
}

// watched is a node that IDLE_RESOURCE measures, by a clock of the test's.
type watched struct {
	*testing.T
	bus      *bus.Client
	now      time.Time
	epoch    int64
	running  int
	settings idleresource.Settings
	idleness nodes.Idleness
	daemon   host.Ticker
	jobs     func() int
}

// watch begins to measure. The machine works for others too, so their work counts only where a test says so.
func watch(t *testing.T) *watched {
	t.Helper()
	w := &watched{T: t, bus: bustest.Start(t), now: time.Now(), settings: idleresource.Settings{After: time.Minute, MaxCPU: 1}}
	w.jobs = func() int { return w.running }
	w.restart()
	return w
}

// restart replaces the daemon by a newer copy.
func (w *watched) restart() {
	w.Helper()
	w.epoch++
	declared := idleresource.Declare(idleresource.Config{
		Running: func() int { return w.jobs() }, Idleness: &w.idleness, Settings: func() idleresource.Settings { return w.settings },
	})
	runner, err := declared.New(host.Runtime{
		Spec: declared.Spec, Node: "node-1", Epoch: w.epoch, Logger: slog.New(slog.DiscardHandler), DataDir: w.TempDir(),
		Now: func() time.Time { return w.now }, Bus: w.bus.Session(idleresource.Type, "node-1", w.epoch),
	})
	require.NoError(w, err)
	w.daemon = runner.(host.Ticker)
}

// after lets time pass, also for the counters of the machine, and the daemon look.
func (w *watched) after(passed time.Duration) nodes.Measured[nodes.Idle] {
	w.Helper()
	work(w.T, 20*time.Millisecond)
	w.now = w.now.Add(passed)
	require.NoError(w, w.daemon.Tick(w.Context()))
	return w.idleness.Get(w.now)
}

// idle looks and expects to find the node idle, for so many seconds.
func (w *watched) idle(passed time.Duration, seconds float64) nodes.Idle {
	w.Helper()
	measured := w.after(passed)
	idle, known := measured.Get()
	require.True(w, known, measured.Fault)
	require.Empty(w, idle.Reason)
	require.InDelta(w, seconds, idle.Seconds, 1e-6)
	return idle
}

func (w *watched) asked() (all []bus.IdleResourceDetected) {
	w.Helper()
	for _, event := range bustest.Events(w, w.bus, "IDLE_RESOURCE_DETECTED") {
		said, err := bus.Decode[bus.IdleResourceDetected](event)
		require.NoError(w, err)
		all = append(all, said)
	}
	return all
}

func (w *watched) health() spec.Health { return w.daemon.(host.Checker).Health(w.Context()) }

// work waits until the counters of the machine's processors tell of so much more time.
func work(t *testing.T, amount time.Duration) {
	t.Helper()
	before, err := nodes.ReadProcessors(t.Context())
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		now, err := nodes.ReadProcessors(t.Context())
		return err == nil && now.Total-before.Total >= amount.Seconds()
	}, patience, 5*time.Millisecond)
}

func TestRowIsTheReferences(t *testing.T) {
	t.Parallel()
	require.Equal(t, spec.Daemon{
		Type: "IDLE_RESOURCE", Category: spec.CategoryResource, Runner: "create_idle_resource", DependsOn: []spec.Type{"EVENT_ROUTER"},
		AutoRestart: true, MaxRestarts: 5, Critical: true, Scope: spec.ScopeNode, Roles: []spec.Role{spec.RoleTraining, spec.RoleSelfplay},
		StartupPosition: 8, Status: spec.StatusAvailable,
	}.WithDefaults(), idleresource.Declare(idleresource.Config{}).Spec)
}

// A node that is idle for long enough asks once, each time it falls idle, also over restarts.
func TestAnIdleNodeAsksOnce(t *testing.T) {
	t.Parallel()
	w := watch(t)
	require.NotEmpty(t, w.after(0).Fault, "nothing is known before two looks")
	require.Equal(t, spec.HealthDegraded, w.health().Status)
	w.idle(15*time.Second, 15)
	require.Equal(t, spec.HealthOK, w.health().Status)
	w.idle(30*time.Second, 45)
	require.Empty(t, w.asked())
	w.restart()
	w.idle(15*time.Second, 60)
	require.Len(t, w.asked(), 1)
	require.Equal(t, "node-1", w.asked()[0].NodeID)
	require.InDelta(t, 60, w.asked()[0].IdleDurationSeconds, 1e-6)
	require.Nil(t, w.asked()[0].GPUUtilization)
	w.restart()
	w.idle(15*time.Second, 75)
	require.Len(t, w.asked(), 1)

	w.running = 2
	busy, _ := w.after(15 * time.Second).Get()
	require.Equal(t, "2 jobs run", busy.Reason)
	require.Zero(t, busy.Seconds)
	w.running = 0
	w.idle(15*time.Second, 15)
	w.idle(time.Minute, 75)
	require.Len(t, w.asked(), 2)
	require.NotEqual(t, w.asked()[0].Since, w.asked()[1].Since)

	w.restart()
	w.idle(time.Hour, 0) // nobody knows what went on meanwhile
	w.now = w.now.Add(2 * time.Minute)
	require.NotEmpty(t, w.idleness.Get(w.now).Fault, "what was measured long ago is no measurement")
	require.Equal(t, spec.HealthUnhealthy, w.health().Status)
}

// A job of the workload that runs on the node is work, and its end is the beginning of idleness.
func TestJobsAreWork(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	w := watch(t)
	w.jobs = r.Node.Running
	w.after(0)
	w.idle(15*time.Second, 15)
	params, err := json.Marshal(workload.SelfplayParams{Drill: workload.Drill{PaceMS: 1000}, Games: 100_000})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := r.Node.Run(ctx, jobs.Assignment{
			JobID: "long", Attempt: 1, Kind: string(workload.Selfplay), ConfigKey: pipelinetest.Config,
			Request: jobs.Request{Command: workload.Selfplay, Params: params, Seed: 1}, IssuedAt: time.Now().UTC(), Resources: ledger.Resources{CPU: 1},
		}, nil)
		ended <- err
	}()
	require.Eventually(t, func() bool { return r.Node.Running() == 1 }, patience, time.Millisecond)
	busy, _ := w.after(15 * time.Second).Get()
	require.Equal(t, "1 jobs run", busy.Reason, "though it hardly uses a processor")
	cancel()
	require.NoError(t, <-ended)
	w.idle(15*time.Second, 15)
	require.Empty(t, w.asked())
}

// Whoever's processes work: a machine that works is not idle.
func TestTheWorkOfOthersIsWork(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.settings.MaxCPU = 0.5
	w.after(0)
	for range runtime.NumCPU() {
		burner := exec.CommandContext(t.Context(), "sh", "-c", "while :; do :; done")
		require.NoError(t, burner.Start())
		t.Cleanup(func() { _ = burner.Wait() }) // the context has killed it
	}
	require.Eventually(t, func() bool { // until the burners outweigh what was before them
		busy, known := w.after(15 * time.Second).Get()
		return known && busy.CPU > 0.5 && busy.Seconds == 0 && busy.Reason != ""
	}, patience, 100*time.Millisecond)
	require.Empty(t, w.asked())
}

// GPUs that work are work; GPUs that do not answer are unknown, and so is the node.
func TestGPUsAreMeasured(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	says := func(script string) {
		require.NoError(t, os.WriteFile(filepath.Join(bin, "nvidia-smi"), []byte("#!/bin/sh\n"+script+"\n"), 0o700))
	}
	const gpuPause = 61 * time.Second // an answer may be a minute old
	w := watch(t)
	says(`echo "0, A100, GPU-a, 40960, 10240, 3"; echo "1, A100, GPU-b, 40960, 30720, 93"`)
	w.after(0)
	busy, known := w.after(gpuPause).Get()
	require.True(t, known)
	require.Contains(t, busy.Reason, "a GPU is at 93 %")
	says(`echo "0, A100, GPU-a, 40960, 10240, 3"; echo "1, A100, GPU-b, 40960, 30720, 4"`)
	idle := w.idle(gpuPause, 61)
	require.InDelta(t, 4, *idle.GPU, 1e-9)
	require.Len(t, w.asked(), 1)
	require.InDelta(t, 4, *w.asked()[0].GPUUtilization, 1e-9)
	require.InDelta(t, 30, *w.asked()[0].GPUMemoryGB, 1e-9)
	for script, fault := range map[string]string{
		`exit 1`: "exit status 1",
		`echo "0, A100, GPU-a, 40960, 10240, [N/A]"`: "GPU 0 does not tell its use",
	} {
		says(script)
		require.Contains(t, w.after(gpuPause).Fault, fault)
		require.Equal(t, spec.HealthDegraded, w.health().Status)
		require.Contains(t, w.health().Message, fault)
	}
	w.running = 1
	busy, known = w.after(gpuPause).Get()
	require.True(t, known, "who has a job is at work, whatever its GPUs say")
	require.Equal(t, "1 jobs run", busy.Reason)
}

// Copies that are killed again and again ask once for one time of idleness.
func TestSurvivesKill(t *testing.T) {
	t.Parallel()
	c := killtest.New(t, idleresource.Declare(idleresource.Config{
		Running: func() int { return 0 }, Settings: func() idleresource.Settings { return idleresource.Settings{After: time.Millisecond, MaxCPU: 1} },
	}))
	for range 8 {
		c.Kill(nil)
	}
	last := c.Last()
	require.Eventually(t, func() bool {
		require.NoError(t, last.Tick(t.Context()))
		idle, known := last.(host.Checker).Health(t.Context()).Details["idle_seconds"].(float64) // a busy machine is not idle for a while
		return known && idle > 0 && len(bustest.Events(t, c.Bus, "IDLE_RESOURCE_DETECTED")) > 0
	}, patience, 20*time.Millisecond)
	require.Len(t, bustest.Events(t, c.Bus, "IDLE_RESOURCE_DETECTED"), 1)
}
