package workflows_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/ringrift/orchestrator/internal/spec"
)

// workerName is the identity of the worker that hosts every daemon of a rig.
const workerName = "node-1-1"

// world is everything around the workflows of a rig: a worker process that hosts daemons and says about
// them what a real one says, and whoever the workflows send signals to. Nothing happens to a daemon
// but by the test, unless the world is lively.
type world struct {
	rig *rig

	mutex      sync.Mutex
	runs       []*run
	published  []spec.Transition
	sent       []sent
	stops      []spec.StopDaemonInput
	closed     map[string]spec.Carry
	running    []spec.Row
	censuses   int
	cancelled  map[string]bool // task tokens, since an activity may be cancelled before it begins
	ends       []string        // of daemons, in order
	twins      []string        // daemons that ran twice at once
	stopLimits []time.Duration // of each StopMany

	// lively daemons become ready by themselves after a second, and report to their parent.
	lively bool
	// clearance lets every child start that asks a parent outside the rig; nil leaves it waiting.
	clearance *spec.Clearance
	// stopTakes is how long a daemon takes to end once it was told.
	stopTakes time.Duration
	// slowResults is how long the result of a daemon's own activity is behind its end.
	slowResults time.Duration
	// deaf daemons never end; a gone worker answers nobody.
	deaf, gone bool
	// censusTakes is how long it takes to look for children.
	censusTakes time.Duration
	// onPublish is called while transitions are on their way to the event log.
	onPublish func()
	// silent workflows do not answer a census.
	silent []string
	// answers plays the workflow that a signal is addressed to; false means that there is none.
	answers func(sent) bool
}

// sent is one signal to another workflow.
type sent struct {
	to, name string
	payload  any
}

// run is one RunDaemon activity.
type run struct {
	spec.RunInput
	id      string
	queue   string
	token   []byte
	beat    time.Duration
	epoch   int64
	attempt int
	hosted  bool // the worker executes an attempt of it now
	ended   bool
}

func newWorld(r *rig) *world {
	return &world{rig: r, closed: map[string]spec.Carry{}, cancelled: map[string]bool{}, answers: func(sent) bool { return true }}
}

func (w *world) runDaemon(ctx context.Context, in spec.RunInput) (spec.RunResult, error) {
	info := activity.GetInfo(ctx)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.cancelled[string(info.TaskToken)] {
		return spec.RunResult{}, temporal.NewCanceledError()
	}
	started := &run{
		RunInput: in, id: spec.WorkflowID(in.Spec.Type, in.Node), queue: info.TaskQueue, token: info.TaskToken,
		beat: info.HeartbeatTimeout, epoch: w.rig.env.Now().UnixNano(), attempt: 1, hosted: true,
	}
	if old := w.find(started.id); old != nil && !w.deaf {
		w.twins = append(w.twins, started.id)
	}
	w.runs = append(w.runs, started)
	if w.lively {
		w.rig.env.RegisterDelayedCallback(func() { w.becomeReady(started) }, time.Second)
	}
	return spec.RunResult{}, activity.ErrResultPending
}

// becomeReady reports as a host does: to the daemon's own workflow and to its parent.
func (w *world) becomeReady(r *run) {
	if !w.hosts(r) {
		return
	}
	w.report(r, spec.Report{Kind: spec.ReportReady, Health: spec.Health{Status: spec.HealthOK}})
	if r.Parent != "" {
		list := spec.ReadyList{Ready: []spec.ReadyNotice{{ID: r.id, Epoch: r.epoch, Worker: workerName}}}
		_ = w.rig.env.SignalWorkflowByID(r.Parent, spec.SignalReady, list) // a parent that is gone takes a census later
	}
}

func (w *world) report(r *run, report spec.Report) {
	report.Epoch, report.Attempt, report.Worker, report.At = r.epoch, r.attempt, workerName, w.rig.env.Now()
	_ = w.rig.env.SignalWorkflowByID(r.id, spec.SignalReport, report) // a workflow that is gone does not want to know
}

// end completes the activity; only the first end counts.
func (w *world) end(r *run, result any, err error) {
	if !w.forget(r.token) {
		return
	}
	if completed := w.rig.env.CompleteActivity(r.token, result, err); completed != nil {
		panic(completed)
	}
	if r.id != w.rig.id { // the environment tells only its own workflow
		_ = w.rig.env.SignalWorkflowByID(r.id, wake, nil) // a child that is gone does not want to know
	}
}

// forget marks a run as ended and says whether it was not yet.
func (w *world) forget(token []byte) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, r := range w.runs {
		if string(r.token) == string(token) && !r.ended {
			r.ended, r.hosted = true, false
			w.ends = append(w.ends, r.id)
			return true
		}
	}
	return false
}

func (w *world) cancel(info *activity.Info) {
	w.mutex.Lock()
	w.cancelled[string(info.TaskToken)] = true
	w.mutex.Unlock()
	w.forget(info.TaskToken)
}

func (w *world) hosts(r *run) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return r.hosted
}

func (w *world) publish(_ context.Context, in spec.PublishInput) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.published = append(w.published, in.Transitions...)
	if w.onPublish != nil {
		w.onPublish()
	}
	return nil
}

// signalled stands for every workflow that does not run in the rig.
func (w *world) signalled(_, to, _, name string, payload any) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	message := sent{to, name, payload}
	if !w.answers(message) {
		return temporal.NewApplicationError("workflow not found", "NotFound")
	}
	w.sent = append(w.sent, message)
	if ask, asks := payload.(spec.Ask); asks && w.clearance != nil {
		_ = w.rig.env.SignalWorkflowByID(ask.ID, spec.SignalClear, *w.clearance) // a child that is gone does not wait
	}
	return nil
}

// find returns the run that the worker executes under a name.
func (w *world) find(id string) *run {
	for _, r := range w.runs {
		if r.id == id && r.hosted {
			return r
		}
	}
	return nil
}

// checkLog holds for every test: no daemon runs twice at once, and the published transitions of each are one
// unbroken chain.
func (w *world) checkLog() {
	assert.Empty(w.rig.t, w.twins, "two copies at once")
	chains := map[string][]spec.Transition{}
	for _, t := range w.published {
		id := spec.WorkflowID(t.Daemon, t.Node)
		chains[id] = append(chains[id], t)
	}
	for id, chain := range chains {
		for i, t := range chain {
			assert.Equal(w.rig.t, t.Refused != "", t.From == t.To, "%s: only a refusal stays in its phase: %v", id, t)
			assert.False(w.rig.t, t.At.IsZero(), "%s: %v has no time", id, t)
			if i > 0 {
				assert.Equal(w.rig.t, chain[i-1].Seq+1, t.Seq, "%s: seq after %v", id, chain[i-1])
				assert.Equal(w.rig.t, chain[i-1].To, t.From, "%s: chain of %v", id, arrows(chain))
			}
		}
	}
}

// arrows prints transitions for people.
func arrows(transitions []spec.Transition) []string {
	texts := make([]string, len(transitions))
	for i, t := range transitions {
		texts[i] = fmt.Sprintf("%s→%s", t.From, t.To)
		if t.Refused != "" {
			texts[i] = fmt.Sprintf("%s refused", t.Refused)
		}
	}
	return texts
}
