package jobs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/run"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const (
	config = "sq5_2p"
	token  = "a-token-of-enough-length"
)

// mini is the workload, built for all tests of the package.
var mini workloadtest.Mini

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childArgument {
		os.Exit(child(os.Args[2:]))
	}
	mini.Main(m)
}

// rig is a ledger with a recorder, and the nodes that a test adds.
type rig struct {
	*testing.T
	ledger   *ledger.Ledger
	session  *ledger.Session
	recorder *jobs.Recorder

	mutex  sync.Mutex
	events []bus.Event
}

func setup(t *testing.T) *rig {
	t.Helper()
	t.Parallel()
	r := &rig{T: t, ledger: ledgertest.SQLite(t)}
	r.session = r.ledger.Session("TEST", 0)
	r.recorder = r.newRecorder(time.Minute)
	return r
}

func (r *rig) newRecorder(lease time.Duration) *jobs.Recorder {
	return jobs.NewRecorder(jobs.RecorderConfig{
		Open: func(context.Context) (*ledger.Ledger, error) { return r.ledger, nil },
		Publish: func(_ context.Context, events ...bus.Event) error {
			r.mutex.Lock()
			defer r.mutex.Unlock()
			r.events = append(r.events, events...)
			return nil
		},
		Lease: lease,
	})
}

// told returns the names of the events so far, each fact once.
func (r *rig) told() []bus.Name {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var names []bus.Name
	seen := map[string]bool{}
	for _, event := range r.events {
		if !seen[event.ID] {
			names = append(names, event.Name)
		}
		seen[event.ID] = true
	}
	return names
}

// tellsOf reads the last event of a name.
func (r *rig) tellsOf(name bus.Name, payload any) {
	r.Helper()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, event := range slices.Backward(r.events) {
		if event.Name == name {
			require.NoError(r, json.Unmarshal(event.Payload, payload))
			return
		}
	}
	require.FailNow(r, "not told", "%s", name)
}

// node is a node with a data folder, a data server and an executor.
type node struct {
	*jobs.Executor
	name, dir string
	files     *data.Dir
}

func (r *rig) node(name string) *node {
	r.Helper()
	n := openNode(r, name, r.TempDir(), 0)
	server, err := transfer.NewServer(n.files, transfer.ServerConfig{Tokens: []string{token}})
	require.NoError(r, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(r, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	r.Cleanup(func() {
		cancel()
		require.NoError(r, <-done)
	})
	r.join(name, listener.Addr().String())
	return n
}

func (r *rig) join(name, address string) {
	r.Helper()
	require.NoError(r, r.session.NodeSeen(r.Context(), ledger.NodeReport{ID: name, Addresses: map[string]string{"data": address}}))
}

// openNode opens a node in a folder, until the test ends. It leaves so many bytes of the disk free.
func openNode(t testing.TB, name, dir string, minimumFree int64) *node {
	t.Helper()
	n, files, fetch, err := newNode(name, dir, mini.Dir(), minimumFree)
	require.NoError(t, err)
	t.Cleanup(func() {
		fetch.Close()
		require.NoError(t, files.Close())
	})
	return n
}

func newNode(name, dir, workloadDir string, minimumFree int64) (*node, *data.Dir, *transfer.Client, error) {
	files, err := data.Open(data.Config{Path: dir, Node: name, MinimumFree: minimumFree})
	if err != nil {
		return nil, nil, nil, err
	}
	scope, err := process.Scope(dir)
	if err != nil {
		return nil, nil, nil, err
	}
	fetch, err := transfer.NewClient(transfer.ClientConfig{Token: token, Patience: 30 * time.Second})
	if err != nil {
		return nil, nil, nil, err
	}
	loaded, err := workload.Load(workloadDir)
	if err != nil {
		return nil, nil, nil, err
	}
	executor, err := jobs.NewExecutor(jobs.ExecutorConfig{
		Node: name, Dir: filepath.Join(dir, "jobs"), Scope: scope, Files: files, Fetch: fetch, Grace: 30 * time.Second,
		Runner:    run.New(run.Options{Scope: scope, Environment: []string{"PATH=" + os.Getenv("PATH")}}),
		Workloads: map[string]*workload.Workload{"mini": loaded}, Logger: slog.New(slog.DiscardHandler),
	})
	return &node{executor, name, dir, files}, files, fetch, err
}

// submit queues a job of a command.
func (r *rig) submit(command workload.Command, params any, options ...func(*ledger.JobSpec, *jobs.Request)) ledger.Job {
	r.Helper()
	text, err := json.Marshal(params)
	require.NoError(r, err)
	request := jobs.Request{Command: command, Seed: 7, Params: text}
	specification := ledger.JobSpec{IdempotencyKey: fmt.Sprintf("%s-%d", command, time.Now().UnixNano()), Kind: string(command),
		ConfigKey: config, Class: ledger.Normal, Priority: 50, Resources: ledger.Resources{CPU: 1}}
	for _, option := range options {
		option(&specification, &request)
	}
	specification.Request, err = json.Marshal(request)
	require.NoError(r, err)
	submitted, err := r.session.SubmitJob(r.Context(), specification)
	require.NoError(r, err)
	return submitted.Job
}

// grant waits until a job may run, and gives it to a node.
func (r *rig) grant(job ledger.Job, to string) spec.JobGrant {
	r.Helper()
	var claimed ledger.Job
	require.EventuallyWithT(r, func(c *assert.CollectT) {
		var err error
		claimed, err = r.session.ClaimJob(r.Context(), job.ID, to, time.Minute)
		require.NoError(c, err)
	}, 30*time.Second, 20*time.Millisecond)
	return spec.JobGrant{JobID: job.ID, Token: claimed.Token, Node: to, Kind: job.Kind, ConfigKey: job.ConfigKey}
}

// assignment starts an attempt.
func (r *rig) assignment(grant spec.JobGrant) jobs.Assignment {
	r.Helper()
	start, err := r.recorder.Start(r.Context(), grant)
	require.NoError(r, err)
	require.Empty(r, start.Refused)
	var assignment jobs.Assignment
	require.NoError(r, json.Unmarshal(start.Assignment, &assignment))
	return assignment
}

// attempt runs a job once on a node, without its end.
func (r *rig) attempt(ctx context.Context, job ledger.Job, on *node, observe func(jobs.Progress)) spec.JobEnd {
	r.Helper()
	grant := r.grant(job, on.name)
	report, err := on.Run(ctx, r.assignment(grant), observe)
	require.NoError(r, err)
	text, err := json.Marshal(report)
	require.NoError(r, err)
	return spec.JobEnd{Grant: grant, Report: text}
}

func (r *rig) finish(end spec.JobEnd) spec.JobOutcome {
	r.Helper()
	outcome, err := r.recorder.Finish(r.Context(), end)
	require.NoError(r, err)
	return outcome
}

// do runs a job on a node to its end, which must be a result.
func (r *rig) do(job ledger.Job, on *node) jobs.Report {
	r.Helper()
	outcome := r.finish(r.attempt(r.Context(), job, on, nil))
	require.Equal(r, string(ledger.Completed), outcome.Status, outcome.Message)
	return r.result(job)
}

func (r *rig) job(id string) ledger.Job {
	r.Helper()
	job, err := r.ledger.Job(r.Context(), id)
	require.NoError(r, err)
	return job
}

// result is the document that the ledger has of a completed job.
func (r *rig) result(job ledger.Job) jobs.Report {
	r.Helper()
	var report jobs.Report
	require.NoError(r, json.Unmarshal(r.job(job.ID).Result, &report))
	return report
}

// games is how many games the ledger has counted.
func (r *rig) games() int64 {
	r.Helper()
	totals, err := r.ledger.GameTotals(r.Context())
	require.NoError(r, err)
	var sum int64
	for _, total := range totals {
		sum += total.Games
	}
	return sum
}
