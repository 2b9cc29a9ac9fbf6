package activities_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/ringrift/orchestrator/activities"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

func TestRunDaemon(t *testing.T) {
	t.Parallel()
	r := newRig(t, nap{fine, fine})
	r.serve()
	r.launch()
	info := r.await(spec.PhaseRunning)
	require.Equal(t, "worker-1", info.Worker)
	require.Equal(t, 1, info.Attempt)
	require.Equal(t, spec.HealthOK, info.Health.Status)
	require.Equal(t, info.Epoch, (<-r.given).Epoch, "the epoch is the daemon's fencing token")
	require.Len(t, r.recordFiles(), 1)
}

// The worker of the first attempt dies; the second finds the cause and spends nothing.
func TestRunDaemonRenewsAfterALostWorker(t *testing.T) {
	t.Parallel()
	r := newRig(t, nap{fine, fine})
	r.launch()
	require.EqualValues(t, 1, r.swallow().GetAttempt())
	r.serve()
	info := r.await(spec.PhaseRunning)
	require.Equal(t, map[spec.Cause]int{spec.CauseWorkerLost: 1}, info.Restarts)
	require.Zero(t, info.RestartCount)
	require.Equal(t, 1, info.Attempt, "a fresh activity")
	require.Len(t, r.given, 1, "the attempt that finds the cause starts nothing")
}

func TestRunDaemonEndings(t *testing.T) {
	t.Parallel()
	boom := func() error { return errors.New("boom") }
	for name, test := range map[string]struct {
		end      func() error
		change   func(*spec.Daemon)
		phase    spec.Phase
		restarts map[spec.Cause]int
	}{
		"fails to the last attempt":  {boom, func(d *spec.Daemon) { d.MaxRestarts = 1 }, spec.PhaseProbing, map[spec.Cause]int{spec.CauseError: 2}},
		"panics":                     {func() error { panic("nil map") }, func(d *spec.Daemon) { d.MaxRestarts = 0 }, spec.PhaseProbing, map[spec.Cause]int{spec.CausePanic: 1}},
		"fails and is not restarted": {boom, func(d *spec.Daemon) { d.AutoRestart = false }, spec.PhaseFailed, map[spec.Cause]int{spec.CauseError: 1}},
		"bad configuration":          {func() error { return host.Never(errors.New("no bucket")) }, nil, spec.PhaseFailed, map[spec.Cause]int{spec.CauseConfig: 1}},
		"not configured":             {func() error { return host.Disabled("set BUCKET") }, nil, spec.PhaseDisabled, nil},
		"done":                       {host.Completed, nil, spec.PhaseCompleted, nil},
		"of a type that is unknown":  {fine, func(d *spec.Daemon) { d.Type = "STRANGER" }, spec.PhaseUnavailable, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nap{test.end, fine})
			r.serve()
			r.launch(func(d *spec.Daemon) {
				if test.change != nil {
					test.change(d)
				}
			})
			info := r.await(test.phase)
			require.Equal(t, test.restarts, info.Restarts)
			require.Eventually(t, func() bool { return len(r.recordFiles()) == 0 }, patience, time.Millisecond, "nothing runs, so no record is left")
		})
	}
}

func TestRunDaemonReportsARetryBeforeItComes(t *testing.T) {
	t.Parallel()
	var failures atomic.Int32
	r := newRig(t, nap{func() error {
		if failures.Add(1) <= 2 {
			return errors.New("boom")
		}
		return nil
	}, fine})
	r.serve()
	r.launch()
	info := r.await(spec.PhaseRestarting)
	require.Equal(t, "boom", info.LastError)
	require.False(t, info.NextTryAt.IsZero())
	info = r.await(spec.PhaseRunning)
	require.Equal(t, 2, info.RestartCount)
	require.Equal(t, 3, info.Attempt)
}

func TestRunDaemonEndsWhenTheServerGivesItUp(t *testing.T) {
	t.Parallel()
	const timeout = 8 * time.Second
	r := newRig(t, nap{fine, fine})
	r.serve()
	r.launch(func(d *spec.Daemon) { d.HeartbeatTimeout = timeout })
	r.await(spec.PhaseRunning)
	require.NoError(t, r.client.TerminateWorkflow(t.Context(), napID, "", "by the test"))
	require.Eventually(t, func() bool { return len(r.host.Snapshot()) == 0 }, timeout-time.Second, 10*time.Millisecond,
		"the next heartbeat fences it, long before the timeout")
}

// A call that nobody answers does not hold up the end: by then the server may have started a replacement.
func TestRunDaemonEndsWithinTheTimeoutOfASilentServer(t *testing.T) {
	t.Parallel()
	const timeout = 8 * time.Second
	server := testkit.StartServer(t)
	r := newRigAt(t, nap{fine, fine}, "default", server.Client())
	r.serve()
	r.launch(func(d *spec.Daemon) { d.HeartbeatTimeout = timeout })
	r.await(spec.PhaseRunning)
	require.NoError(t, syscall.Kill(server.PID(), syscall.SIGSTOP))
	defer func() { require.NoError(t, syscall.Kill(server.PID(), syscall.SIGCONT)) }()
	require.Eventually(t, func() bool { return len(r.host.Snapshot()) == 0 }, timeout+2*time.Second, 10*time.Millisecond)
}

func TestRunDaemonHandsOverWhenItsWorkerDrains(t *testing.T) {
	t.Parallel()
	r := newRig(t, nap{fine, fine})
	drain := r.serve()
	r.launch()
	r.await(spec.PhaseRunning)
	<-r.given
	drain()
	r.await(spec.PhaseStarting)
	r.serve()
	require.Equal(t, "page 7", string((<-r.given).Handover))
	info := r.await(spec.PhaseRunning)
	require.Equal(t, map[spec.Cause]int{spec.CauseDeploy: 1}, info.Restarts)
	require.Zero(t, info.RestartCount)
}

func TestControlStopsADaemonAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, nap{fine, fine})
	r.serve()
	control := &activities.Control{Host: r.host}
	r.start(spec.ControlQueue("worker-1"), worker.Options{DisableWorkflowWorker: true}, map[string]any{spec.ActivityStopDaemon: control.StopDaemon})
	r.launch(func(d *spec.Daemon) { d.HeartbeatTimeout = time.Minute })
	r.await(spec.PhaseRunning)
	require.NoError(t, r.client.SignalWorkflow(t.Context(), napID, "", "stop", nil))
	r.await(spec.PhaseStopped)
	require.Empty(t, r.host.Snapshot())
}

// A worker that starts in the folder of a dead one ends its attempts at once.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	r := newRig(t, nap{fine, fine})
	r.serve()
	r.launch(func(d *spec.Daemon) { d.HeartbeatTimeout = time.Minute })
	first := r.await(spec.PhaseRunning)
	left := t.TempDir()
	for _, file := range r.recordFiles() {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(left, filepath.Base(file)), content, 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(left, "torn.json"), []byte(`{"id":`), 0o600))

	successor := openRecords(t, left)
	lost, err := successor.TakeOver(t.Context(), r.client, r.namespace)
	require.NoError(t, err)
	require.Equal(t, 2, lost)
	require.Empty(t, glob(t, left), "nothing is reported twice")
	require.Eventually(t, func() bool { return r.await(spec.PhaseRunning).Epoch > first.Epoch }, patience, 20*time.Millisecond)
	info := r.await(spec.PhaseRunning)
	require.Equal(t, map[spec.Cause]int{spec.CauseWorkerLost: 1}, info.Restarts)
	require.Zero(t, info.RestartCount)
	require.Len(t, r.host.Snapshot(), 1, "the new copy has evicted the old one")

	lost, err = successor.TakeOver(t.Context(), r.client, r.namespace)
	require.NoError(t, err)
	require.Zero(t, lost)
}

func TestTakeOverOfAnAttemptThatIsOver(t *testing.T) {
	t.Parallel()
	r := newRig(t, nap{fine, fine})
	r.serve()
	r.launch()
	r.await(spec.PhaseRunning)
	files := r.recordFiles()
	require.Len(t, files, 1)
	content, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.NoError(t, r.client.TerminateWorkflow(t.Context(), napID, "", "by the test"))
	left := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(left, "old.json"), content, 0o600))
	_, err = openRecords(t, left).TakeOver(t.Context(), r.client, r.namespace)
	require.NoError(t, err, "the server does not know the attempt any more, which is fine")
	require.Empty(t, glob(t, left))
}

func TestCensusAndLocate(t *testing.T) {
	t.Parallel()
	r := newRig(t, nap{fine, fine})
	r.serve()
	r.launch()
	running := r.await(spec.PhaseRunning)
	closed := spec.DaemonInput{Spec: spec.Daemon{Type: "CLOSED"}.WithDefaults(), Carry: &spec.Carry{Desired: spec.DesiredStop, Spent: 3}}
	_, err := r.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "daemon/CLOSED", TaskQueue: spec.QueueDaemons}, spec.WorkflowDaemon, closed)
	require.NoError(t, err)
	r.awaitOf("daemon/CLOSED", spec.PhaseStopped)
	require.NoError(t, r.client.TerminateWorkflow(t.Context(), "daemon/CLOSED", "", "by the test"))

	support := r.support()
	require.Eventually(t, func() bool {
		census, err := support.Census(t.Context(), spec.CensusInput{IDs: []string{napID, "daemon/CLOSED", "daemon/NEVER"}})
		return err == nil && len(census.Running) == 1 && len(census.Closed) == 1 &&
			census.Running[0].ID == napID && census.Running[0].Epoch == running.Epoch && census.Running[0].Phase == spec.PhaseRunning &&
			census.Closed["daemon/CLOSED"].Desired == spec.DesiredStop && census.Closed["daemon/CLOSED"].Spent == 3
	}, patience, 50*time.Millisecond)

	located, err := support.Locate(t.Context(), spec.LocateInput{ID: napID})
	require.NoError(t, err)
	require.NotEmpty(t, located.Worker)
	require.Equal(t, running.Epoch, located.Epoch, "the epoch is the one that the attempt knows itself by")
	_, err = support.Locate(t.Context(), spec.LocateInput{ID: "daemon/NEVER"})
	require.ErrorContains(t, err, "describe daemon/NEVER")
}

// An hour of health gives the budget back. There is nothing to give to a daemon that has none.
func TestRunDaemonThatFailsAfterAStableRunHasItsBudget(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*spec.Daemon)
		phase  spec.Phase
	}{
		"it is not restarted":  {func(d *spec.Daemon) { d.AutoRestart = false }, spec.PhaseFailed},
		"it may never restart": {func(d *spec.Daemon) { d.MaxRestarts = 0 }, spec.PhaseProbing},
		"it is restarted":      {func(d *spec.Daemon) { d.MaxRestarts, d.RestartPause = 1, time.Minute }, spec.PhaseRestarting},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broken := make(chan struct{})
			r := newRig(t, nap{fine, func() error { <-broken; return errors.New("boom") }})
			r.serve()
			r.launch(func(d *spec.Daemon) {
				d.StabilityWindow = time.Nanosecond
				test.change(d)
			})
			r.await(spec.PhaseRunning)
			close(broken)
			require.Equal(t, map[spec.Cause]int{spec.CauseError: 1}, r.await(test.phase).Restarts)
			require.Len(t, r.given, 1, "attempts")
		})
	}
}

// A full disk must not keep those from starting that make room on it.
func TestRunDaemonWithoutARecord(t *testing.T) {
	t.Parallel()
	r := newRig(t, nap{fine, fine})
	require.NoError(t, os.RemoveAll(r.dir))
	require.NoError(t, os.WriteFile(r.dir, nil, 0o600))
	r.serve()
	r.launch()
	require.Empty(t, r.await(spec.PhaseRunning).Restarts)
}

// The name of a file need not be text.
func TestRunDaemonThatSaysWhatIsNoText(t *testing.T) {
	t.Parallel()
	r := newRig(t, nap{func() error { return errors.New("open caf\xe9: no such file") }, fine})
	r.serve()
	r.launch(func(d *spec.Daemon) { d.AutoRestart = false })
	require.Equal(t, "open caf\uFFFD: no such file", r.await(spec.PhaseFailed).Reason)
}

// What a daemon says of its failure goes into histories, events and the Web UI, all of which have limits.
func TestRunDaemonThatSaysTooMuch(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(error) error{
		"error":    func(err error) error { return err },
		"never":    host.Never,
		"disabled": func(err error) error { return host.Disabled(err.Error()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			long := errors.New("no space left: " + strings.Repeat("é", 3<<20))
			r := newRig(t, nap{func() error { return end(long) }, fine})
			r.serve()
			r.launch(func(d *spec.Daemon) { d.RestartPause = time.Minute })
			info := r.await(map[string]spec.Phase{
				"error": spec.PhaseRestarting, "never": spec.PhaseFailed, "disabled": spec.PhaseDisabled,
			}[name])
			require.True(t, strings.HasPrefix(info.Reason, "no space left: éé"), "%.100s", info.Reason)
			require.Less(t, len(info.Reason), 5<<10)
		})
	}
}
