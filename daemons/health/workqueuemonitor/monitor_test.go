package workqueuemonitor

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/spec"
)

func TestRowIsTheReferences(t *testing.T) {
	t.Parallel()
	require.Equal(t, spec.Daemon{
		Type: "WORK_QUEUE_MONITOR", Category: spec.CategoryHealth, Runner: "create_work_queue_monitor",
		DependsOn: []spec.Type{"EVENT_ROUTER", "QUEUE_POPULATOR"}, HealthCheckInterval: 30 * time.Second, AutoRestart: true, MaxRestarts: 5,
		Scope: spec.ScopeCluster, StartupPosition: 6, Status: spec.StatusAvailable,
	}.WithDefaults(), Declare(Config{}).Spec)
}

type bundle struct {
	t        *testing.T
	ledger   *ledger.Ledger
	operator *ledger.Session
	client   *bus.Client
	monitor  *monitor
	now      time.Time
}

func setup(t *testing.T, config Config) *bundle {
	t.Helper()
	opened := ledgertest.SQLite(t)
	b := &bundle{t: t, ledger: opened, operator: opened.Session("operator", 0), client: bustest.Start(t), now: time.Now()}
	b.restart(config, 1)
	return b
}

func (b *bundle) restart(config Config, epoch int64) {
	b.monitor = newMonitor(config.withDefaults(), host.Runtime{
		Epoch: epoch, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return b.now }, Bus: b.client.Session(Type, "", epoch),
		Ledger: func(context.Context) (*ledger.Session, error) { return b.ledger.Session(string(Type), epoch), nil },
	})
}

// tick looks once, as soon as the monitor has rested.
func (b *bundle) tick() {
	b.t.Helper()
	b.now = b.now.Add(time.Minute)
	require.NoError(b.t, b.monitor.Tick(b.t.Context()))
}

func (b *bundle) submit(name string, count int) (ids []string) {
	b.t.Helper()
	specs := make([]ledger.JobSpec, count)
	for i := range specs {
		specs[i] = ledger.JobSpec{IdempotencyKey: fmt.Sprintf("%s/%d", name, i), Kind: "selfplay"}
	}
	submitted, err := b.operator.SubmitJobs(b.t.Context(), specs)
	require.NoError(b.t, err)
	for _, one := range submitted {
		ids = append(ids, one.Job.ID)
	}
	return ids
}

func (b *bundle) cancel(ids []string) {
	b.t.Helper()
	for _, id := range ids {
		_, err := b.operator.CancelJob(b.t.Context(), id, "test")
		require.NoError(b.t, err)
	}
}

func (b *bundle) told(name bus.Name) int {
	b.t.Helper()
	return len(bustest.Events(b.t, b.client, name))
}

// On once above 100, off once at 70, however often it looks and whoever looks.
func TestPressureIsToldOnceEachWay(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	ids := b.submit("a", 100)
	b.tick()
	require.Zero(t, b.told("BACKPRESSURE_ACTIVATED"))
	ids = append(ids, b.submit("b", 1)...)
	b.tick()
	b.restart(Config{}, 2)
	b.tick()
	require.Equal(t, 1, b.told("BACKPRESSURE_ACTIVATED"))
	require.Equal(t, spec.HealthOK, b.monitor.Health(t.Context()).Status, "a full queue is a finding")
	require.Equal(t, []string{"101 jobs wait"}, b.monitor.Health(t.Context()).Findings)
	b.cancel(ids[:30])
	b.tick()
	require.Zero(t, b.told("BACKPRESSURE_RELEASED"), "71 are still too many")
	b.cancel(ids[30:31])
	b.restart(Config{}, 3)
	b.tick()
	b.tick()
	require.Equal(t, 1, b.told("BACKPRESSURE_RELEASED"))
	b.submit("c", 40)
	b.tick()
	require.Equal(t, 2, b.told("BACKPRESSURE_ACTIVATED"), "another time is another fact")
}

// A crash between the change and its event does not hide the event, even if all has changed again before the next copy
// looks.
func TestAChangeThatWasNotToldIsTold(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	_, changed, err := b.ledger.Session(string(Type), 1).SetLevel(t.Context(), queueJobs, levelFull, 101)
	require.NoError(t, err)
	require.True(t, changed)
	b.restart(Config{}, 2)
	b.tick()
	require.Equal(t, 1, b.told("BACKPRESSURE_ACTIVATED"))
	require.Equal(t, 1, b.told("BACKPRESSURE_RELEASED"))
}

func TestStuckJobsAreToldOnceEach(t *testing.T) {
	t.Parallel()
	config := Config{StuckAfter: time.Millisecond}
	b := setup(t, config)
	ids := b.submit("a", 2)
	claimed, err := b.operator.ClaimJob(t.Context(), ids[0], "n1", time.Minute)
	require.NoError(t, err)
	started, err := b.operator.ClaimJob(t.Context(), ids[1], "n1", time.Minute)
	require.NoError(t, err)
	_, err = b.operator.StartJob(t.Context(), started.Lease(), time.Minute)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		stuck, err := b.ledger.StuckJobs(t.Context(), time.Millisecond)
		return err == nil && len(stuck) == 1
	}, 10*time.Second, time.Millisecond, "a millisecond passes")
	b.tick()
	b.tick()
	b.restart(config, 2)
	b.tick()
	events := bustest.Events(t, b.client, "STUCK_JOB_DETECTED")
	require.Len(t, events, 1)
	content, err := bus.Decode[bus.StuckJobDetected](events[0])
	require.NoError(t, err)
	require.Equal(t, claimed.ID, content.JobID)
	require.Equal(t, "n1", content.ClaimedBy)
}

func TestOverloadedNodesAreToldOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	require.NoError(t, b.operator.NodeSeen(t.Context(), ledger.NodeReport{ID: "n1"}))
	var leases []ledger.Lease
	for _, id := range b.submit("a", 6) {
		claimed, err := b.operator.ClaimJob(t.Context(), id, "n1", time.Minute)
		require.NoError(t, err)
		leases = append(leases, claimed.Lease())
	}
	b.tick()
	b.tick()
	require.Equal(t, 1, b.told("NODE_OVERLOADED"))
	_, err := b.operator.RequeueJob(t.Context(), leases[0], ledger.Requeue{})
	require.NoError(t, err)
	b.tick()
	require.Equal(t, []string(nil), b.monitor.Health(t.Context()).Findings, "what goes back is not counted")
	claimed, err := b.operator.ClaimJob(t.Context(), leases[0].JobID, "n1", time.Minute)
	require.NoError(t, err)
	require.Equal(t, "n1", claimed.Node)
	b.tick()
	require.Equal(t, 2, b.told("NODE_OVERLOADED"))
}

// After a restart the queue that was there before is seen, and events do not make it look all the time.
func TestTheLedgerIsTheSource(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	b.submit("a", 80)
	b.restart(Config{}, 2)
	require.Equal(t, spec.HealthUnknown, b.monitor.Health(t.Context()).Status)
	b.tick()
	require.EqualValues(t, 80, b.monitor.Health(t.Context()).Details["pending"])
	require.IsType(t, host.Later(0), b.monitor.Tick(t.Context()), "it rests")
}

// How long jobs take, from the queue to their end, is known of those that are done.
func TestLatencyIsMeasured(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	b.tick()
	require.Zero(t, b.monitor.Health(t.Context()).Details["latency_jobs"])
	for _, id := range b.submit("a", 3)[:2] {
		claimed, err := b.operator.ClaimJob(t.Context(), id, "n1", time.Minute)
		require.NoError(t, err)
		_, err = b.operator.StartJob(t.Context(), claimed.Lease(), time.Minute)
		require.NoError(t, err)
		_, err = b.operator.CompleteJob(t.Context(), claimed.Lease(), nil)
		require.NoError(t, err)
	}
	b.tick()
	details := b.monitor.Health(t.Context()).Details
	require.EqualValues(t, 2, details["latency_jobs"])
	require.Positive(t, details["latency_mean_seconds"])
	require.GreaterOrEqual(t, details["latency_max_seconds"], details["latency_mean_seconds"])
}
