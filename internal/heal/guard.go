// Package heal keeps the supervisor alive from outside. Every worker runs one Guard: it announces its
// node, starts the supervisor again when somebody ended it, and tells it of children that closed while
// nobody held their futures. While all is well it only reads, and writes nothing into any history.
package heal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// The guards of a cluster look at a supervisor that runs about this often together, each of them at
	// least and at most as often as the bounds say.
	clusterInterval  = 250 * time.Millisecond
	minWatchInterval = 5 * time.Second
	maxWatchInterval = 20 * time.Second
	// waitInterval is the pause while there has never been a supervisor.
	waitInterval = time.Second
	// lookBack is how far back closed children are searched; several looks overlap, since the list lags.
	lookBack = 2 * time.Minute
	// lookLimit bounds one look.
	lookLimit = 10 * time.Second
)

// Guard watches over the supervisor on behalf of one node.
type Guard struct {
	Client    client.Client
	Namespace string
	Node      spec.Node
	Nodes     func() int // how many nodes have a guard, as far as is known
	Logger    *slog.Logger

	reported    map[string]bool // runs whose end their parent has been told of, while they are listed
	announced   string          // first run id of the supervisor that knows this node
	lastContact atomic.Int64    // unix nanoseconds of the last answer of the server
}

// LastContact is when Temporal last answered this guard, the zero time if never.
func (g *Guard) LastContact() time.Time {
	if at := g.lastContact.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}

// Run looks after the supervisor until ctx is done.
func (g *Guard) Run(ctx context.Context) {
	for ctx.Err() == nil {
		next, err := g.look(ctx)
		if err != nil && ctx.Err() == nil {
			g.Logger.Warn("guard", "error", err)
		}
		pause.For(ctx, next)
	}
}

// look does what is needed now and says when to look again.
func (g *Guard) look(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	described, err := g.Client.DescribeWorkflowExecution(ctx, spec.SupervisorID, "")
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		g.contact()
		return waitInterval, nil // `up` has never been called
	}
	if err != nil {
		return waitInterval, fmt.Errorf("describe supervisor: %w", err)
	}
	g.contact()
	info := described.GetWorkflowExecutionInfo()
	if info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return waitInterval, g.revive(ctx)
	}
	if err := g.announce(ctx, info.GetFirstRunId()); err != nil {
		return waitInterval, err
	}
	return g.watchInterval(), g.reportClosed(ctx)
}

// watchInterval is longer the more guards there are, and never the same, so that they do not look at once.
func (g *Guard) watchInterval() time.Duration {
	interval := min(max(time.Duration(g.Nodes())*clusterInterval, minWatchInterval), maxWatchInterval)
	return interval - time.Duration(rand.Int64N(int64(interval/4)))
}

func (g *Guard) contact() { g.lastContact.Store(time.Now().UnixNano()) }

// revive starts the supervisor from what the closed run knew. Twenty guards at once start one.
func (g *Guard) revive(ctx context.Context) error {
	var carry spec.SupervisorCarry
	value, err := g.Client.QueryWorkflow(ctx, spec.SupervisorID, "", spec.QueryCarry)
	if err != nil {
		return fmt.Errorf("query the closed supervisor: %w", err)
	}
	if err := value.Get(&carry); err != nil {
		return fmt.Errorf("read the closed supervisor: %w", err)
	}
	if _, err := g.Client.ExecuteWorkflow(ctx, control.SupervisorOptions(), spec.WorkflowSupervisor, spec.SupervisorInput{Carry: &carry}); err != nil {
		return fmt.Errorf("start the supervisor again: %w", err)
	}
	g.Logger.Warn("supervisor was not running and has been started again")
	return nil
}

// announce tells a supervisor that this node is served, once for each that is started.
func (g *Guard) announce(ctx context.Context, firstRun string) error {
	if g.announced == firstRun {
		return nil
	}
	if err := g.Client.SignalWorkflow(ctx, spec.SupervisorID, "", spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{g.Node}}); err != nil {
		return fmt.Errorf("announce node %s: %w", g.Node.ID, err)
	}
	g.announced = firstRun
	return nil
}

// reportClosed looks for daemons whose workflow has closed. Daemons never close by themselves.
func (g *Guard) reportClosed(ctx context.Context) error {
	query := fmt.Sprintf("WorkflowType IN ('%s', '%s') AND ExecutionStatus IN ('Terminated', 'Failed', 'Canceled', 'TimedOut', 'Completed') AND CloseTime > '%s'",
		spec.WorkflowDaemon, spec.WorkflowGroup, time.Now().Add(-lookBack).UTC().Format(time.RFC3339Nano))
	listed, err := g.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: g.Namespace, Query: query})
	if err != nil {
		return fmt.Errorf("list closed daemons: %w", err)
	}
	closed := map[string][]string{} // parent → children
	reported := map[string]bool{}
	for _, execution := range listed.GetExecutions() {
		id, run := execution.GetExecution().GetWorkflowId(), execution.GetExecution().GetRunId()
		if reported[run] = g.reported[run]; reported[run] {
			continue // a dismissed one stays closed
		}
		if parent := parentOf(id); parent != "" && g.isLatest(ctx, id, run) {
			closed[parent] = append(closed[parent], id)
			reported[run] = true
		}
	}
	for parent, ids := range closed {
		err := g.Client.SignalWorkflow(ctx, parent, "", spec.SignalClosed, spec.ClosedNotice{IDs: ids})
		var missing *serviceerror.NotFound
		if err != nil && !errors.As(err, &missing) { // a closed parent is in the list itself
			return fmt.Errorf("report closed children to %s: %w", parent, err)
		}
	}
	g.reported = reported
	return nil
}

// isLatest says whether a closed run is the last of its workflow: the list also has those that another followed.
func (g *Guard) isLatest(ctx context.Context, id, run string) bool {
	described, err := g.Client.DescribeWorkflowExecution(ctx, id, "")
	return err == nil && described.GetWorkflowExecutionInfo().GetExecution().GetRunId() == run
}

func parentOf(id string) string {
	daemon, node, ok := spec.ParseWorkflowID(id)
	switch {
	case !ok:
		return ""
	case node != "":
		return spec.WorkflowID(daemon, "")
	}
	return spec.SupervisorID
}
