package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/ringrift/orchestrator/internal/spec"
)

// autoSync is the daemon of these tests: not critical, five restarts.
func autoSync(changes ...func(*spec.Daemon)) spec.Daemon {
	daemon := spec.Daemon{
		Type: "AUTO_SYNC", Category: spec.CategorySync, Runner: "create_auto_sync", AutoRestart: true, MaxRestarts: 5,
		Status: spec.StatusAvailable, StartupPosition: -1,
	}
	for _, change := range changes {
		change(&daemon)
	}
	return daemon.WithDefaults()
}

func critical(d *spec.Daemon)      { d.Critical = true }
func noAutoRestart(d *spec.Daemon) { d.AutoRestart = false }

// launchDaemon starts a daemon that is cleared and has no parent, unless the input is changed.
func launchDaemon(t *testing.T, changes ...func(*spec.DaemonInput)) *rig {
	t.Helper()
	input := spec.DaemonInput{Spec: autoSync(), Cleared: true}
	for _, change := range changes {
		change(&input)
	}
	return launch(t, spec.WorkflowID(input.Spec.Type, input.Node), spec.WorkflowDaemon, input)
}

// launchRunning starts a daemon that is ready.
func launchRunning(t *testing.T, changes ...func(*spec.DaemonInput)) *rig {
	t.Helper()
	r := launchDaemon(t, changes...)
	r.ready()
	r.requirePhase(spec.PhaseRunning)
	return r
}

func with(change func(*spec.Daemon)) func(*spec.DaemonInput) {
	return func(in *spec.DaemonInput) { in.Spec = autoSync(change) }
}

// underSupervisor gives the daemon a parent, which lets it start and knows of no dependents.
func underSupervisor(in *spec.DaemonInput) { in.Parent = spec.SupervisorID }

func notCleared(in *spec.DaemonInput) { in.Cleared = false }

func onNode(in *spec.DaemonInput) { in.Node = "node-1" }

// run is the newest activity of the daemon.
func (r *rig) run() *run {
	r.t.Helper()
	require.NotEmpty(r.t, r.world.runs, "no activity was started")
	return r.world.runs[len(r.world.runs)-1]
}

func (r *rig) requireRuns(count int) *run {
	r.t.Helper()
	require.Len(r.t, r.world.runs, count, "activities started so far")
	if count == 0 {
		return nil
	}
	return r.run()
}

// ready lets the attempt that runs become ready.
func (r *rig) ready() {
	r.t.Helper()
	run := r.run()
	if !run.hosted { // the server has started the next attempt
		run.epoch, run.attempt, run.hosted = r.env.Now().UnixNano(), run.attempt+1, true
	}
	r.world.becomeReady(run)
	r.wait(step)
}

// fail ends the attempt that runs with a failure that the server retries after a delay, as a host reports it.
func (r *rig) fail(cause spec.Cause, failure string, delay time.Duration) {
	r.t.Helper()
	run := r.run()
	run.hosted = false
	r.world.report(run, spec.Report{Kind: spec.ReportFailed, Cause: cause, Error: failure, NextTryAt: r.env.Now().Add(delay)})
	r.wait(step)
}

// exhaust ends the activity with the failure of its last attempt.
func (r *rig) exhaust(cause spec.Cause, failure string) {
	r.t.Helper()
	r.endWith(nil, temporal.NewApplicationError(failure, string(cause)))
}

// refuseConfig ends the activity as a daemon does whose configuration is bad.
func (r *rig) refuseConfig(failure string) {
	r.t.Helper()
	r.endWith(nil, configError(failure))
}

func configError(failure string) error {
	return temporal.NewNonRetryableApplicationError(failure, string(spec.CauseConfig), nil)
}

func failed(failure string) error {
	return temporal.NewApplicationError(failure, string(spec.CauseError))
}

// lose ends the activity as the server does when its worker is silent in the last attempt.
func (r *rig) lose() {
	r.t.Helper()
	r.endWith(nil, lostWorker)
}

// result ends the activity with a result.
func (r *rig) result(result spec.RunResult) {
	r.t.Helper()
	r.endWith(result, nil)
}

func (r *rig) endWith(result any, err error) {
	r.t.Helper()
	r.world.end(r.run(), result, err)
	r.wait(step)
}

// requireArrows compares all changes of phase so far, refusals included.
func (r *rig) requireArrows(want ...string) {
	r.t.Helper()
	require.Equal(r.t, want, arrows(r.info().Transitions))
}

// lastChange is the newest transition.
func (r *rig) lastChange() spec.Transition {
	r.t.Helper()
	transitions := r.info().Transitions
	require.NotEmpty(r.t, transitions)
	return transitions[len(transitions)-1]
}

// sentNames lists the names of the signals that went to the parent.
func (r *rig) sentNames() []string {
	var names []string
	for _, message := range r.world.sent {
		names = append(names, message.name)
	}
	return names
}

// What the server says of an activity whose worker is silent, and of one that no worker takes.
var (
	lostWorker  = temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_HEARTBEAT, nil)
	nobodyPolls = temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START, nil)
)
