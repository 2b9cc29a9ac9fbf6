package workflows_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/workflows"
)

var grant = spec.JobGrant{JobID: "j1", Token: 7, Node: "node-1", Kind: "selfplay", ConfigKey: "sq5_2p"}

// jobRig runs the workflow of one grant between a ledger and a node of the test.
type jobRig struct {
	env   *testsuite.TestWorkflowEnvironment
	start func() (spec.JobStart, error)
	run   func(context.Context) (json.RawMessage, error)
	ends  []spec.JobEnd
	fails int // how often the ledger cannot take the end
}

func newJobRig(t *testing.T) *jobRig {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	r := &jobRig{
		env: suite.NewTestWorkflowEnvironment(),
		start: func() (spec.JobStart, error) {
			return spec.JobStart{Attempt: 1, Assignment: json.RawMessage(`{"work":1}`)}, nil
		},
		run: func(context.Context) (json.RawMessage, error) { return json.RawMessage(`{"games":20}`), nil },
	}
	r.env.SetWorkerOptions(worker.Options{Interceptors: workflows.Interceptors()})
	r.env.SetTestTimeout(time.Minute)
	workflows.Register(r.env)
	for name, function := range map[string]any{
		spec.ActivityStartJob: func(context.Context, spec.JobGrant) (spec.JobStart, error) { return r.start() },
		spec.ActivityRunJob:   func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) { return r.run(ctx) },
		spec.ActivityFinishJob: func(_ context.Context, end spec.JobEnd) (spec.JobOutcome, error) {
			if r.fails > 0 {
				r.fails--
				return spec.JobOutcome{}, errors.New("the ledger is away")
			}
			r.ends = append(r.ends, end)
			return spec.JobOutcome{Status: "completed"}, nil
		},
	} {
		r.env.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
	}
	return r
}

// execute runs the grant to its end and returns what the workflow says and what the ledger was told.
func (r *jobRig) execute(t *testing.T) (spec.JobOutcome, []spec.JobEnd) {
	t.Helper()
	r.env.ExecuteWorkflow(spec.WorkflowJob, grant)
	require.True(t, r.env.IsWorkflowCompleted())
	require.NoError(t, r.env.GetWorkflowError())
	var outcome spec.JobOutcome
	require.NoError(t, r.env.GetWorkflowResult(&outcome))
	return outcome, r.ends
}

// untilStopped is a node that works until it is told to end. The environment does not hear what it then
// reports: it takes the wish for the end.
func untilStopped(ctx context.Context) (json.RawMessage, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestJobRunsAndEndsInTheLedger(t *testing.T) {
	t.Parallel()
	r := newJobRig(t)
	r.fails = 50
	outcome, ends := r.execute(t)
	require.Equal(t, "completed", outcome.Status)
	require.Equal(t, []spec.JobEnd{{Grant: grant, Report: json.RawMessage(`{"games":20}`)}}, ends, "however long the ledger was away")
}

func TestJobThatIsNoLongerGrantedRunsNothing(t *testing.T) {
	t.Parallel()
	r := newJobRig(t)
	r.start = func() (spec.JobStart, error) { return spec.JobStart{Refused: "granted to node-2"}, nil }
	r.run = func(context.Context) (json.RawMessage, error) { panic("it must not run") }
	outcome, ends := r.execute(t)
	require.Equal(t, spec.JobOutcome{Status: "refused", Message: "granted to node-2"}, outcome)
	require.Empty(t, ends)
}

func TestJobWhoseNodeIsLost(t *testing.T) {
	t.Parallel()
	progress, err := converter.GetDefaultDataConverter().ToPayloads(json.RawMessage(`{"done":5}`))
	require.NoError(t, err)
	var last json.RawMessage
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(progress, &last))
	for name, test := range map[string]struct {
		err      error
		lost     string
		progress json.RawMessage
	}{
		"silent":    {temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_HEARTBEAT, nil, last), "node node-1 was silent for 25s", last},
		"unclaimed": {temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START, nil), "no worker of node node-1 took it within 10s", nil},
		"died":      {temporal.NewApplicationError("its worker died", string(spec.CauseWorkerLost), last), "its worker died", last},
		"broken":    {temporal.NewApplicationError("the disk is gone", "Executor"), "the disk is gone", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newJobRig(t)
			r.run = func(context.Context) (json.RawMessage, error) { return nil, test.err }
			_, ends := r.execute(t)
			require.Len(t, ends, 1)
			require.Contains(t, ends[0].Lost, test.lost)
			require.Nil(t, ends[0].Report)
			require.Equal(t, test.progress, ends[0].Progress)
		})
	}
}

func TestJobIsStoppedBySignal(t *testing.T) {
	t.Parallel()
	stop := spec.JobStop{Actor: "alice", Reason: "not needed"}
	for name, test := range map[string]struct {
		signals []string
		stopped string
	}{
		"cancel":              {[]string{spec.SignalCancelJob}, spec.SignalCancelJob},
		"preempt":             {[]string{spec.SignalPreemptJob}, spec.SignalPreemptJob},
		"preempt, cancel":     {[]string{spec.SignalPreemptJob, spec.SignalCancelJob}, spec.SignalCancelJob},
		"cancel, preempt":     {[]string{spec.SignalCancelJob, spec.SignalPreemptJob}, spec.SignalCancelJob},
		"unknown then cancel": {[]string{"stop", spec.SignalCancelJob}, spec.SignalCancelJob},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newJobRig(t)
			r.run = untilStopped
			// While an activity runs, the environment does not skip time.
			r.env.RegisterDelayedCallback(func() {
				for _, signal := range test.signals {
					r.env.SignalWorkflow(signal, stop)
				}
			}, step/10)
			_, ends := r.execute(t)
			require.Len(t, ends, 1)
			require.Equal(t, test.stopped, ends[0].Stopped)
			require.Equal(t, stop, ends[0].Stop)
		})
	}
}

func TestJobWhoseWorkflowIsCancelledEndsInTheLedger(t *testing.T) {
	t.Parallel()
	r := newJobRig(t)
	r.run = untilStopped
	r.env.RegisterDelayedCallback(r.env.CancelWorkflow, step/10)
	_, ends := r.execute(t)
	require.Len(t, ends, 1)
	require.Equal(t, spec.SignalCancelJob, ends[0].Stopped)
}
