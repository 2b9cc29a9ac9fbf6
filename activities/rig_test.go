package activities_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/ringrift/orchestrator/activities"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
	"github.com/ringrift/orchestrator/workflows"
)

// patience bounds every wait of these tests.
const patience = 20 * time.Second

const napID = "daemon/NAP"

var shared testkit.SharedServer

// nap is a daemon that does what its functions say; nil ones do nothing.
type nap struct{ ready, tick func() error }

func (n nap) Ready(context.Context) error           { return n.ready() }
func (n nap) Tick(context.Context) error            { return n.tick() }
func (n nap) Interval() time.Duration               { return time.Hour }
func (n nap) Drain(context.Context) ([]byte, error) { return []byte("page 7"), nil }

func fine() error { return nil }

// rig is the parts of one worker process, on a real server and in a namespace of its own. Workflow tasks
// are served from the start; the daemon's activity only once serve is called.
type rig struct {
	t         *testing.T
	client    client.Client
	namespace string
	dir       string // of records
	host      *host.Host
	records   *activities.Records
	reporter  *activities.Reporter
	given     chan host.Runtime
}

func newRig(t *testing.T, daemon nap) *rig {
	t.Helper()
	namespace, connection := shared.Namespace(t)
	return newRigAt(t, daemon, namespace, connection)
}

func newRigAt(t *testing.T, daemon nap, namespace string, connection client.Client) *rig {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	events := bustest.Start(t, func(c *bus.ClientConfig) { c.Logger = logger })
	outbox, err := bus.OpenOutbox(filepath.Join(t.TempDir(), "outbox"), events, logger)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, outbox.Close()) })
	r := &rig{t: t, client: connection, namespace: namespace, dir: t.TempDir(), given: make(chan host.Runtime, 100)}
	r.host = host.New(host.Config{Node: "node-1", DataDir: t.TempDir(), Bus: events, Logger: logger, Now: time.Now}, []host.Declaration{{
		Spec: spec.Daemon{Type: "NAP"},
		New: func(runtime host.Runtime) (host.Runner, error) {
			r.given <- runtime
			return daemon, nil
		},
	}})
	r.records, err = activities.OpenRecords(r.dir, "worker-1", logger)
	require.NoError(t, err)
	r.reporter = activities.NewReporter(connection, logger)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go r.reporter.Run(ctx)
	r.start(spec.QueueDaemons, worker.Options{LocalActivityWorkerOnly: true, Interceptors: workflows.Interceptors()}, map[string]any{
		spec.ActivityPublish: (&activities.Publisher{Outbox: outbox, Node: "node-1"}).Publish,
	})
	return r
}

// start runs one SDK worker until the test ends, or until it is stopped by the function it returns.
func (r *rig) start(queue string, options worker.Options, functions map[string]any) (stop func()) {
	r.t.Helper()
	w := worker.New(r.client, queue, options)
	if options.LocalActivityWorkerOnly {
		workflows.Register(w)
	}
	for name, function := range functions {
		w.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
	}
	require.NoError(r.t, w.Start())
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			w.Stop()
		}
	}
	r.t.Cleanup(stop)
	return stop
}

// serve hosts daemons from now on.
func (r *rig) serve() (stop func()) {
	r.t.Helper()
	daemons := &activities.Daemons{
		Host: r.host, Client: r.client, Identity: "worker-1", Reporter: r.reporter, Records: r.records, Logger: slog.New(slog.DiscardHandler),
	}
	return r.start(spec.QueueDaemons, worker.Options{DisableWorkflowWorker: true, WorkerStopTimeout: 5 * time.Second},
		map[string]any{spec.ActivityRunDaemon: daemons.RunDaemon})
}

// launch starts the daemon's workflow.
func (r *rig) launch(changes ...func(*spec.Daemon)) {
	r.t.Helper()
	row := spec.Daemon{Type: "NAP", AutoRestart: true, MaxRestarts: 5, HeartbeatTimeout: 2 * time.Second}
	for _, change := range changes {
		change(&row)
	}
	_, err := r.client.ExecuteWorkflow(r.t.Context(), client.StartWorkflowOptions{ID: napID, TaskQueue: spec.QueueDaemons},
		spec.WorkflowDaemon, spec.DaemonInput{Spec: row.WithDefaults(), Cleared: true})
	require.NoError(r.t, err)
}

// swallow takes the daemon's next attempt as a worker does that dies at once.
func (r *rig) swallow() *workflowservice.PollActivityTaskQueueResponse {
	r.t.Helper()
	return r.swallowFrom(spec.QueueDaemons)
}

func (r *rig) swallowFrom(queue string) *workflowservice.PollActivityTaskQueueResponse {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	task, err := r.client.WorkflowService().PollActivityTaskQueue(ctx, &workflowservice.PollActivityTaskQueueRequest{
		Namespace: r.namespace, Identity: "dead-worker",
		TaskQueue: &taskqueuepb.TaskQueue{Name: queue, Kind: enumspb.TASK_QUEUE_KIND_NORMAL},
	})
	require.NoError(r.t, err)
	require.NotEmpty(r.t, task.GetTaskToken(), "no attempt was offered")
	return task
}

// await waits for a phase and returns the daemon's state.
func (r *rig) await(phase spec.Phase) spec.Info {
	r.t.Helper()
	return r.awaitOf(napID, phase)
}

func (r *rig) awaitOf(id string, phase spec.Phase) spec.Info {
	r.t.Helper()
	var info spec.Info
	require.EventuallyWithT(r.t, func(c *assert.CollectT) {
		value, err := r.client.QueryWorkflow(context.Background(), id, "", spec.QueryInfo)
		require.NoError(c, err)
		info = spec.Info{}
		require.NoError(c, value.Get(&info))
		require.Equal(c, phase, info.Phase, "%+v", info)
	}, patience, 20*time.Millisecond, "%s in %s", id, phase)
	return info
}

func (r *rig) support() *activities.Support {
	return &activities.Support{Client: r.client, Namespace: r.namespace, Logger: slog.New(slog.DiscardHandler)}
}

func (r *rig) recordFiles() []string { return glob(r.t, r.dir) }

func glob(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	require.NoError(t, err)
	return files
}

func openRecords(t *testing.T, dir string) *activities.Records {
	t.Helper()
	records, err := activities.OpenRecords(dir, "worker-2", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return records
}
