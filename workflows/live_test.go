package workflows_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/node"
	"github.com/ringrift/orchestrator/internal/spec"
)

// patience bounds every wait for a real fleet.
const patience = 30 * time.Second

// live is a fleet on a real server: real workers, real hosts, small daemons.
type live struct {
	t         *testing.T
	client    client.Client
	namespace string
	address   string
}

// nap is a daemon that ends as its type says before it is ready, or does nothing for ever.
type nap struct{ end func() error }

func (n nap) Ready(context.Context) error { return n.end() }
func (nap) Tick(context.Context) error    { return nil }
func (nap) Interval() time.Duration       { return time.Hour }

// small makes a catalog in which a type that is not named here does nothing.
func small(rows []spec.Daemon) []host.Declaration {
	ends := map[spec.Type]func() error{
		"FLAKY":  func() error { return errors.New("boom") },
		"SPOILT": func() error { return host.Never(errors.New("no bucket")) },
		"ONCE":   host.Completed,
		"ABSENT": func() error { return host.Disabled("set BUCKET") },
	}
	var catalog []host.Declaration
	for _, row := range rows {
		end, found := ends[row.Type]
		if !found {
			end = func() error { return nil }
		}
		catalog = append(catalog, host.Declaration{Spec: row, New: func(host.Runtime) (host.Runner, error) { return nap{end}, nil }})
	}
	return catalog
}

// startNode runs one worker process for the rows until the test ends, or until the function it returns is called.
func (l *live) startNode(id string, rows []spec.Daemon) (drain func()) {
	l.t.Helper()
	logger, events := slog.New(slog.DiscardHandler), bustest.Start(l.t, func(c *bus.ClientConfig) { c.Logger = slog.New(slog.DiscardHandler) })
	dir := l.t.TempDir()
	outbox, err := bus.OpenOutbox(filepath.Join(dir, "outbox"), events, logger)
	require.NoError(l.t, err)
	identity := id + "-1"
	connection, err := client.NewLazyClient(client.Options{
		HostPort: l.address, Namespace: l.namespace, Identity: identity, Logger: log.NewStructuredLogger(logger),
	})
	require.NoError(l.t, err)
	worker, err := node.New(node.Config{
		Temporal: connection, Namespace: l.namespace, Node: spec.Node{ID: id, Identity: identity}, Outbox: outbox, Logger: logger,
		RecordDir: filepath.Join(dir, "running"),
		Host:      host.New(host.Config{Node: id, DataDir: dir, Bus: events, Logger: logger, Now: time.Now}, small(rows)),
	})
	require.NoError(l.t, err)
	require.NoError(l.t, worker.Start(l.t.Context()))
	drained := false
	drain = func() {
		if !drained {
			drained = true
			worker.Drain(context.Background())
			connection.Close()
			require.NoError(l.t, outbox.Close())
		}
	}
	l.t.Cleanup(drain)
	return drain
}

func (l *live) startSupervisor() {
	l.t.Helper()
	_, err := l.client.ExecuteWorkflow(l.t.Context(), client.StartWorkflowOptions{ID: spec.SupervisorID, TaskQueue: spec.QueueDaemons},
		spec.WorkflowSupervisor, spec.SupervisorInput{})
	require.NoError(l.t, err)
}

// update sends an update and reads its answer.
func (l *live) update(id, name string, argument, into any) error {
	l.t.Helper()
	handle, err := l.client.UpdateWorkflow(l.t.Context(), client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: name, Args: []any{argument}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return err
	}
	return handle.Get(l.t.Context(), into)
}

func (l *live) up(rows []spec.Daemon) {
	l.t.Helper()
	require.NoError(l.t, l.update(spec.SupervisorID, spec.UpdateUp, spec.UpRequest{Installation: "here", Daemons: rows}, nil))
}

func (l *live) command(id string, verb spec.Verb, command spec.Command) error {
	l.t.Helper()
	return l.update(id, string(verb), command, nil)
}

func (l *live) signal(id, name string, payload any) {
	l.t.Helper()
	require.NoError(l.t, l.client.SignalWorkflow(l.t.Context(), id, "", name, payload), "signal %s to %s", name, id)
}

func (l *live) info(id string) spec.Info {
	l.t.Helper()
	var info spec.Info
	value, err := l.client.QueryWorkflow(l.t.Context(), id, "", spec.QueryInfo)
	require.NoError(l.t, err, "query %s", id)
	require.NoError(l.t, value.Get(&info))
	return info
}

// runID is that of the latest run of a workflow, empty while it is unknown.
func (l *live) runID(id string) string {
	described, err := l.client.DescribeWorkflowExecution(l.t.Context(), id, "")
	if err != nil {
		return ""
	}
	return described.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}

// await waits until a daemon says that it is in a phase.
func (l *live) await(id string, phase spec.Phase) {
	l.t.Helper()
	require.EventuallyWithT(l.t, func(c *assert.CollectT) {
		var info spec.Info
		value, err := l.client.QueryWorkflow(context.Background(), id, "", spec.QueryInfo)
		require.NoError(c, err)
		require.NoError(c, value.Get(&info))
		require.Equal(c, phase, info.Phase, "%s: %v", id, arrows(info.Transitions))
	}, patience, 50*time.Millisecond, "%s in %s", id, phase)
}
