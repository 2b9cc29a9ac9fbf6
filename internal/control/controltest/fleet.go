// Package controltest runs a fleet that speaks the protocol of spec and nothing else, for tests of what
// stands on the protocol: a supervisor that repeats what it was told, and daemons that obey at once.
package controltest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// A command with one of these reasons gets a particular treatment.
const (
	Refuse = "refuse" // is turned down with the text of Refusal
	Hang   = "hang"   // is accepted and not answered for an hour
)

// Refusal is why a command is refused, and an `up` of the installation named Refuse.
const Refusal = "AUTO_SYNC depends on it"

// Daemon is one row of the fleet.
type Daemon struct {
	// Told is the supervisor's row.
	Told spec.Info
	// Own is what the daemon's own workflow answers; nil means that there is none.
	Own *spec.Info
	// Members answer for themselves on their nodes.
	Members []spec.Info
}

// Fleet is what the supervisor repeats.
type Fleet struct {
	Daemons []Daemon
	Nodes   []spec.Node
}

// Serve runs a worker for the fleet until the test ends. The fleet is brought up by an `up` of any plan.
func Serve(t testing.TB, connection client.Client, fleet Fleet) {
	t.Helper()
	w := worker.New(connection, spec.QueueDaemons, worker.Options{WorkerStopTimeout: time.Second})
	w.RegisterWorkflowWithOptions(fleet.supervisor, workflow.RegisterOptions{Name: spec.WorkflowSupervisor})
	w.RegisterWorkflowWithOptions(daemon, workflow.RegisterOptions{Name: spec.WorkflowDaemon})
	require.NoError(t, w.Start(), "start the fleet's worker")
	t.Cleanup(w.Stop)
}

func (f Fleet) supervisor(ctx workflow.Context, _ spec.SupervisorInput) error {
	status := spec.FleetStatus{Fleet: spec.FleetDown, Nodes: f.Nodes}
	for _, each := range f.Daemons {
		status.Daemons = append(status.Daemons, each.Told)
	}
	answer := func() (spec.FleetStatus, error) { return status, nil }
	if err := workflow.SetQueryHandler(ctx, spec.QueryStatus, answer); err != nil {
		return err
	}
	var asked spec.UpRequest
	carry := func() (spec.SupervisorCarry, error) {
		return spec.SupervisorCarry{Fleet: status.Fleet, Request: asked}, nil
	}
	if err := workflow.SetQueryHandler(ctx, spec.QueryCarry, carry); err != nil {
		return err
	}
	up := func(ctx workflow.Context, request spec.UpRequest) (spec.FleetStatus, error) {
		if request.Installation == Refuse {
			return status, refusal()
		}
		status.Fleet, status.Planned, asked = spec.FleetUp, request.Planned, request
		status.Installation = request.Installation + " by " + request.Actor
		return status, f.start(ctx)
	}
	down := func(workflow.Context, spec.Command) (spec.DownResult, error) {
		status.Fleet = spec.FleetDown
		return f.outcomes(), nil
	}
	if err := workflow.SetUpdateHandler(ctx, spec.UpdateUp, up); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandler(ctx, spec.UpdateDown, down); err != nil {
		return err
	}
	node := func(_ workflow.Context, order spec.NodeOrder) error {
		status.Nodes = slices.DeleteFunc(slices.Clone(f.Nodes), func(node spec.Node) bool { return order.Removed && node.ID == order.ID })
		return nil
	}
	if err := workflow.SetUpdateHandler(ctx, spec.UpdateNode, node); err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return false })
}

// start runs the workflows of the daemons that have one, once.
func (f Fleet) start(ctx workflow.Context) error {
	var infos []spec.Info
	for _, each := range f.Daemons {
		if each.Own != nil {
			infos = append(infos, *each.Own)
		}
		infos = append(infos, each.Members...)
	}
	for _, info := range infos {
		options := workflow.ChildWorkflowOptions{WorkflowID: spec.WorkflowID(info.Daemon, info.Node)}
		child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, options), spec.WorkflowDaemon, info)
		err := child.GetChildWorkflowExecution().Get(ctx, nil)
		if err != nil && !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
			return err
		}
	}
	return nil
}

func (f Fleet) outcomes() spec.DownResult {
	var result spec.DownResult
	for _, each := range f.Daemons {
		stop := spec.DaemonStop{Daemon: each.Told.Daemon, Node: each.Told.Node, Outcome: spec.StopIdle}
		if each.Own != nil {
			stop.Outcome = spec.StopClean
		}
		result.Outcomes = append(result.Outcomes, stop)
	}
	return result
}

func daemon(ctx workflow.Context, info spec.Info) error {
	answer := func() (spec.Info, error) { return info, nil }
	if err := workflow.SetQueryHandler(ctx, spec.QueryInfo, answer); err != nil {
		return err
	}
	for _, verb := range spec.Verbs() {
		handle := func(ctx workflow.Context, command spec.Command) (spec.CommandResult, error) {
			return obey(ctx, &info, verb, command)
		}
		if err := workflow.SetUpdateHandler(ctx, string(verb), handle); err != nil {
			return err
		}
	}
	return workflow.Await(ctx, func() bool { return false })
}

func obey(ctx workflow.Context, info *spec.Info, verb spec.Verb, command spec.Command) (spec.CommandResult, error) {
	switch command.Reason {
	case Refuse:
		return spec.CommandResult{}, refusal()
	case Hang:
		return spec.CommandResult{}, workflow.Sleep(ctx, time.Hour)
	}
	info.Actor, info.Reason = command.Actor, command.Reason
	switch verb {
	case spec.VerbStop:
		info.Phase, info.Ready, info.Desired = spec.PhaseStopped, false, spec.DesiredStop
	case spec.VerbPause:
		info.Phase, info.Ready, info.Desired = spec.PhasePaused, false, spec.DesiredPause
	default:
		info.Phase, info.Ready, info.Desired = spec.PhaseRunning, true, spec.DesiredRun
		info.Epoch++
	}
	return spec.CommandResult{Phase: info.Phase, Message: "will " + string(verb)}, nil
}

func refusal() error {
	return temporal.NewNonRetryableApplicationError(Refusal, spec.ErrorRefused, nil)
}
