package clustermonitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
)

// rig is a monitor with a real bus and a real ledger. Only the jobs' progress is what the test says.
type rig struct {
	*testing.T
	client   *bus.Client
	ledger   *ledger.Ledger
	now      time.Time
	epoch    int64
	progress *progress
	*monitor
}

// progress stands for the workflows of running jobs.
type progress struct {
	jobs.Workflows
	mu    sync.Mutex
	looks map[string]jobs.Look
	fault error
}

func (p *progress) Look(_ context.Context, id string) (jobs.Look, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.looks[id], p.fault
}

func setup(t *testing.T) *rig {
	t.Helper()
	r := &rig{
		T: t, client: bustest.Start(t), ledger: ledgertest.SQLite(t), now: time.Now(), epoch: 1,
		progress: &progress{looks: map[string]jobs.Look{}},
	}
	r.restart()
	return r
}

// restart makes a new attempt, as after a kill -9: nothing but what is on disk goes over.
func (r *rig) restart() {
	r.epoch++
	r.monitor = newMonitor(Config{}.withDefaults(), host.Runtime{
		Epoch: r.epoch, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return r.now },
		Bus: r.client.Session(Type, "", r.epoch), Jobs: r.progress,
		Ledger: func(context.Context) (*ledger.Session, error) { return r.ledger.Session(string(Type), r.epoch), nil },
	})
}

func (r *rig) report(ids ...string) {
	r.Helper()
	for _, id := range ids {
		board := nodes.NewBoard(r.client.Session("P2P_BACKEND", id, 1))
		require.NoError(r, board.Put(r.Context(), nodes.Report{NodeID: id, Roles: []spec.Role{spec.RoleSelfplay}}))
	}
}

// presence is what the members of the other nodes agree on.
func (r *rig) presence(id string, seen nodes.Presence) {
	r.Helper()
	seen.At = time.Now()
	_, err := nodes.NewBoard(r.client.Session("P2P_BACKEND", "observer", 1)).Observe(r.Context(), id, seen)
	require.NoError(r, err)
}

// look ticks after a pause.
func (r *rig) look(after time.Duration) {
	r.Helper()
	r.now = r.now.Add(after)
	require.NoError(r, r.Tick(r.Context()))
}

func (r *rig) node(id string) ledger.Node {
	r.Helper()
	node, err := r.ledger.Node(r.Context(), id)
	require.NoError(r, err)
	return node
}

func (r *rig) told(name bus.Name) []bus.Event { return bustest.Events(r, r.client, name) }

// run puts a running job on a node and says how far it is.
func (r *rig) run(node string, done float64) (id string) {
	r.Helper()
	session := r.ledger.Session("JOB_SCHEDULER", 1)
	submitted, err := session.SubmitJob(r.Context(), ledger.JobSpec{
		IdempotencyKey: fmt.Sprint("job on ", node), Kind: "selfplay", Class: ledger.Normal,
	})
	require.NoError(r, err)
	job, err := session.ClaimJob(r.Context(), submitted.Job.ID, node, time.Hour)
	require.NoError(r, err)
	_, err = session.StartJob(r.Context(), job.Lease(), time.Hour)
	require.NoError(r, err)
	r.moves(job.ID, job.Token, done)
	return job.ID
}

func (r *rig) moves(id string, token int64, done float64) {
	r.progress.mu.Lock()
	defer r.progress.mu.Unlock()
	r.progress.looks[id] = jobs.Look{Open: true, Token: token, Progress: &jobs.Progress{Stage: "running", Done: done}}
}

func TestNodesOfTheBoardEnterTheLedger(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.look(0)
	require.Equal(t, spec.HealthDegraded, r.Health(t.Context()).Status, "nobody reports")
	r.report("node-1", "node-2")
	r.look(0)
	node := r.node("node-1")
	require.Equal(t, ledger.NodeHealthy, node.Health)
	require.Equal(t, ledger.NodeActive, node.Desired)
	require.Equal(t, []string{"selfplay"}, node.Roles)
	require.Contains(t, string(node.Capacity), `"cpus"`)
	require.Equal(t, spec.HealthOK, r.Health(t.Context()).Status)
	require.WithinDuration(t, time.Now(), node.LastSeen, 10*time.Second)
}

// What counts against a node is what it has missed since somebody reports without a break.
func TestItWatchesSinceSomebodyReports(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.look(time.Minute)
	require.Zero(t, r.watchedSince, "nobody reports")
	r.report("node-1")
	r.look(time.Minute)
	began := r.now
	r.look(time.Second)
	require.Equal(t, began, r.watchedSince)

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, r.Tick(gone), "the bus does not answer")
	require.Zero(t, r.watchedSince)
	r.look(time.Second)
	require.Equal(t, r.now, r.watchedSince)
}

func TestNodeThatIsGoneIsToldOnceAcrossRestarts(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.report("node-1", "node-2")
	require.NoError(t, r.ledger.Session("test", 0).NodeSeen(t.Context(), ledger.NodeReport{ID: "node-3"}))
	r.presence("node-3", nodes.Presence{Online: true, Instance: 1})
	r.presence("node-3", nodes.Presence{Instance: 1})
	for range 3 {
		r.look(5 * time.Second)
		r.restart()
	}
	require.Equal(t, ledger.NodeOffline, r.node("node-3").Health)
	require.Len(t, r.told("NODE_UNHEALTHY"), 1)
	require.Equal(t, spec.HealthUnknown, r.Health(t.Context()).Status)
	r.look(time.Second)
	require.Equal(t, spec.HealthOK, r.Health(t.Context()).Status)
	require.Len(t, r.Health(t.Context()).Findings, 1)

	r.presence("node-3", nodes.Presence{Online: true, Instance: 2})
	r.report("node-3")
	r.look(time.Second)
	require.Equal(t, ledger.NodeOffline, r.node("node-3").Health, "one good look is not enough")
	r.restart()
	r.look(5 * time.Second)
	require.Equal(t, ledger.NodeHealthy, r.node("node-3").Health)
	r.look(5 * time.Second)
	require.Len(t, r.told("NODE_RECOVERED"), 1)
	require.Len(t, r.told("NODE_UNHEALTHY"), 1)
}

func TestNodeThatLeftAlarmsNobodyAndOperatorsDecide(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.report("node-1")
	r.look(0)
	operator := r.ledger.Session("test", 0)
	for _, id := range []string{"node-2", "node-3"} {
		require.NoError(t, operator.NodeSeen(t.Context(), ledger.NodeReport{ID: id}))
	}
	r.presence("node-2", nodes.Presence{Online: true, Instance: 1})
	r.presence("node-2", nodes.Presence{Left: true, Instance: 1})
	require.NoError(t, operator.SetDesired(t.Context(), "node-1", ledger.NodeCordoned, "me", "new disk"))
	require.NoError(t, operator.SetDesired(t.Context(), "node-3", ledger.NodeRemoved, "me", "sold"))
	r.look(0)
	require.Equal(t, ledger.NodeOffline, r.node("node-2").Health)
	require.Equal(t, "it has left", r.node("node-2").HealthReason)
	require.Empty(t, r.told("NODE_UNHEALTHY"))
	require.Equal(t, ledger.NodeCordoned, r.node("node-1").Desired, "stays as the operator set it")
	require.Equal(t, ledger.NodeHealthy, r.node("node-1").Health)
	require.Equal(t, ledger.NodeUnknown, r.node("node-3").Health, "a removed node is judged no more")
}

func TestNobodyIsJudgedWhileNobodyReports(t *testing.T) {
	t.Parallel()
	r := setup(t)
	require.NoError(t, r.ledger.Session("test", 0).NodeSeen(t.Context(), ledger.NodeReport{ID: "node-1"}))
	r.look(time.Minute)
	require.Equal(t, ledger.NodeUnknown, r.node("node-1").Health)
	require.Empty(t, r.told("NODE_UNHEALTHY"))
	require.Empty(t, r.told("CLUSTER_HEALTH_DEGRADED"))
}

func TestClusterThatIsDegradedIsToldOnce(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.report("node-1")
	for _, id := range []string{"node-2", "node-3"} {
		require.NoError(t, r.ledger.Session("test", 0).NodeSeen(t.Context(), ledger.NodeReport{ID: id}))
	}
	r.look(0)
	r.restart()
	r.look(time.Minute)
	events := r.told("CLUSTER_HEALTH_DEGRADED")
	require.Len(t, events, 1)
	content, err := bus.Decode[bus.ClusterHealthDegraded](events[0])
	require.NoError(t, err)
	require.InDelta(t, 1.0/3, content.HealthRatio, 0.001)
	require.Equal(t, 3, content.TotalNodes)
}

func TestStall(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.report("node-1", "node-2", "node-3")
	r.look(0)
	frozen := r.run("node-1", 7)
	moving := r.run("node-2", 0)
	full := func(done float64) {
		r.moves(moving, 1, done)
		r.look(time.Minute)
	}
	for look := range 3 {
		full(float64(look + 1))
	}
	require.Empty(t, r.told("CLUSTER_STALL_DETECTED"), "the first look only takes note")
	r.progress.fault = errors.New("Temporal is away")
	full(4)
	require.Equal(t, spec.HealthDegraded, r.Health(t.Context()).Status)
	require.Empty(t, r.told("CLUSTER_STALL_DETECTED"), "no look is no stall")
	r.progress.fault = nil
	r.restart()
	full(5)
	events := r.told("CLUSTER_STALL_DETECTED")
	require.Len(t, events, 1)
	content, err := bus.Decode[bus.ClusterStallDetected](events[0])
	require.NoError(t, err)
	require.Equal(t, []string{"node-1"}, content.StalledNodes, "neither the one that moves nor the idle one")

	full(6)
	r.restart()
	full(7)
	require.Len(t, r.told("CLUSTER_STALL_DETECTED"), 1, "told once")
	r.moves(frozen, 1, 8)
	full(8)
	require.False(t, r.state.Nodes["node-1"].Stalled, "progress clears it")
	for look := range 3 {
		full(float64(look + 9))
	}
	require.Len(t, r.told("CLUSTER_STALL_DETECTED"), 2, "a new stall is news")
}

func TestRow(t *testing.T) {
	t.Parallel()
	row := Declare(Config{}).Spec
	require.Equal(t, "create_cluster_monitor", row.Runner)
	require.Equal(t, spec.CategoryHealth, row.Category)
	require.Equal(t, spec.ScopeCluster, row.Scope)
}
