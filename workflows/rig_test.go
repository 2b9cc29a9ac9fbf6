package workflows_test

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/workflows"
)

// step is how long a test waits for what takes no time by itself.
const step = time.Second

// wake is a signal that changes nothing.
const wake = spec.SignalAnswer

// rig runs one workflow in simulated time. The test and the workflow take turns: the workflow moves only
// while the test waits, so a test reads from top to bottom.
type rig struct {
	t      *testing.T
	env    *testsuite.TestWorkflowEnvironment
	id     string
	world  *world
	toTest chan struct{} // the workflow's loop hands over
	toLoop chan struct{} // the test hands back
	done   chan struct{} // the workflow has ended
	began  time.Time
	// updates numbers the updates to children, which the environment tells apart by id only.
	updates int
}

// launch starts a workflow and returns once it has done what it does at first.
func launch(t *testing.T, id, workflowType string, input any, options ...func(*rig)) *rig {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	r := &rig{
		t: t, env: suite.NewTestWorkflowEnvironment(), id: id,
		toTest: make(chan struct{}), toLoop: make(chan struct{}), done: make(chan struct{}),
	}
	r.world = newWorld(r)
	r.env.SetWorkerOptions(worker.Options{Interceptors: workflows.Interceptors()})
	r.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: id, TaskQueue: spec.QueueDaemons})
	r.env.SetTestTimeout(time.Minute)
	r.env.SetDetachedChildWait(false)
	workflows.Register(r.env)
	r.world.register()
	for _, option := range options {
		option(r)
	}
	r.began = r.env.Now()
	t.Cleanup(r.close)
	r.giveTurnAfter(step)
	go func() {
		defer close(r.done)
		r.env.ExecuteWorkflow(workflowType, input)
	}()
	r.takeTurn()
	return r
}

// register makes the world's activities known under their permanent names.
func (w *world) register() {
	for name, function := range map[string]any{
		spec.ActivityRunDaemon: w.runDaemon, spec.ActivityStopDaemon: w.stopDaemon, spec.ActivityStopMany: w.stopMany,
		spec.ActivityLocate: w.locate, spec.ActivityCensus: w.census, spec.ActivityPublish: w.publish,
	} {
		w.rig.env.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
	}
	w.rig.env.SetOnActivityCanceledListener(w.cancel)
	w.rig.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(w.signalled).Maybe()
}

// wait lets simulated time pass.
func (r *rig) wait(d time.Duration) {
	r.t.Helper()
	r.giveTurnAfter(d)
	r.toLoop <- struct{}{}
	r.takeTurn()
}

func (r *rig) giveTurnAfter(d time.Duration) {
	r.env.RegisterDelayedCallback(func() {
		r.toTest <- struct{}{}
		<-r.toLoop
	}, d)
}

func (r *rig) takeTurn() {
	r.t.Helper()
	select {
	case <-r.toTest:
	case <-r.done:
		require.FailNow(r.t, "the workflow ended", "%v", r.env.GetWorkflowError())
	}
}

// awaitEnd lets time pass until the workflow ends, and returns its error.
func (r *rig) awaitEnd() error {
	r.t.Helper()
	r.giveTurnAfter(time.Hour)
	r.toLoop <- struct{}{}
	select {
	case <-r.done:
	case <-r.toTest:
		require.FailNow(r.t, "the workflow goes on", "phase %s", r.info().Phase)
	}
	return r.env.GetWorkflowError()
}

// close ends the workflow, whoever has the turn.
func (r *rig) close() {
	select {
	case <-r.done:
	default:
		r.env.CancelWorkflow()
		r.toLoop <- struct{}{}
		<-r.done
	}
	r.world.checkLog()
}

// signal sends and lets the workflow react.
func (r *rig) signal(name string, payload any) {
	r.t.Helper()
	r.env.SignalWorkflow(name, payload)
	r.wait(step)
}

// command sends one of the operator's verbs by signal and lets the daemon react.
func (r *rig) command(verb spec.Verb, command spec.Command) {
	r.t.Helper()
	r.signal(string(verb), command)
}

// together sends signals that arrive in one workflow task.
func (r *rig) together(verbs ...spec.Verb) {
	r.t.Helper()
	for _, verb := range verbs {
		r.env.SignalWorkflowSkippingWorkflowTask(string(verb), spec.Command{})
	}
	r.signal(wake, nil)
}

// update sends one of the operator's verbs by update and returns its answer.
func (r *rig) update(verb spec.Verb, command spec.Command) (spec.CommandResult, error) {
	r.t.Helper()
	answer := r.ask(string(verb), command)
	r.wait(step)
	require.True(r.t, answer.complete, "update %s was not answered", verb)
	result, _ := answer.value.(spec.CommandResult)
	return result, answer.err
}

// ask sends an update and returns where its answer will be.
func (r *rig) ask(name string, argument any) *answer {
	answer := &answer{}
	r.env.UpdateWorkflow(name, "", answer, argument)
	return answer
}

func (r *rig) info() spec.Info {
	r.t.Helper()
	var info spec.Info
	r.query(spec.QueryInfo, &info)
	return info
}

func (r *rig) query(name string, into any) {
	r.t.Helper()
	value, err := r.env.QueryWorkflow(name)
	require.NoError(r.t, err, "query %s", name)
	require.NoError(r.t, value.Get(into), "read %s", name)
}

// requirePhase compares the phase and returns the rest of what the daemon says of itself.
func (r *rig) requirePhase(phase spec.Phase) spec.Info {
	r.t.Helper()
	info := r.info()
	require.Equal(r.t, phase, info.Phase, "phase of %s; its transitions: %v", r.id, arrows(info.Transitions))
	return info
}

// answer takes what an update says.
type answer struct {
	complete bool
	value    any
	err      error
}

func (a *answer) Accept()                   {}
func (a *answer) Reject(err error)          { a.complete, a.err = true, err }
func (a *answer) Complete(v any, err error) { a.complete, a.value, a.err = true, v, err }
