package queuemonitor

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
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/queuelevel"
	"github.com/ringrift/orchestrator/internal/spec"
)

func TestRowIsTheReferences(t *testing.T) {
	t.Parallel()
	require.Equal(t, spec.Daemon{
		Type: "QUEUE_MONITOR", Category: spec.CategoryHealth, Runner: "create_queue_monitor",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, HealthCheckInterval: 30 * time.Second, AutoRestart: true, MaxRestarts: 5,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults(), Declare(Config{}).Spec)
}

// Each level has one owner: two would take turns, and whoever goes by it would change its mind for ever.
func TestNoQueueIsAnothersOwn(t *testing.T) {
	t.Parallel()
	for _, queue := range (Config{}).withDefaults().Queues {
		require.NotContains(t, []string{pipeline.EvaluationQueue, queuelevel.Jobs}, queue.Name)
	}
}

// A deeper queue never allows more, whatever it was before; and a level is left only with a margin.
func TestLevelsAreMonotone(t *testing.T) {
	t.Parallel()
	for _, queue := range (Config{}).withDefaults().Queues {
		for before := queuelevel.None; before <= queuelevel.Stop; before++ {
			last := queuelevel.None
			for depth := 0.0; depth <= float64(queue.Hard)*1.2; depth += float64(queue.Hard) / 400 {
				level := queue.level(depth, before)
				require.GreaterOrEqual(t, level, last, "%s: depth %.0f after %s", queue.Name, depth, before)
				require.GreaterOrEqual(t, level, queue.band(depth), "%s: depth %.0f after %s", queue.Name, depth, before)
				last = level
			}
			require.Equal(t, queuelevel.Stop, last)
			require.Equal(t, queuelevel.None, queue.level(0, before))
		}
	}
	for level := queuelevel.None; level < queuelevel.Stop; level++ {
		require.Greater(t, level.Factor(), (level + 1).Factor(), "%s", level)
		require.Equal(t, level, queuelevel.Parse(level.String()))
	}
	evaluation := Queue{Soft: 50, Hard: 200}
	require.Equal(t, queuelevel.Soft, evaluation.level(34, queuelevel.Soft), "within the margin")
	require.Equal(t, queuelevel.Low, evaluation.level(33, queuelevel.Soft))
	require.Zero(t, queuelevel.Stop.Factor())
}

type bundle struct {
	t        *testing.T
	ledger   *ledger.Ledger
	operator *ledger.Session
	client   *bus.Client
	monitor  *monitor
}

func setup(t *testing.T) *bundle {
	t.Helper()
	opened := ledgertest.SQLite(t)
	b := &bundle{t: t, ledger: opened, operator: opened.Session("operator", 0), client: bustest.Start(t)}
	b.restart(1)
	return b
}

func (b *bundle) restart(epoch int64) {
	b.monitor = newMonitor(Config{}.withDefaults(), host.Runtime{
		Epoch: epoch, Logger: slog.New(slog.DiscardHandler), Now: time.Now, Bus: b.client.Session(Type, "", epoch),
		Ledger: func(context.Context) (*ledger.Session, error) { return b.ledger.Session(string(Type), epoch), nil },
	})
}

func (b *bundle) tick() {
	b.t.Helper()
	require.NoError(b.t, b.monitor.Tick(b.t.Context()))
}

// submit puts so many jobs of a kind into the queue, those included that it has put there before.
func (b *bundle) submit(kind string, count int) (ids []string) {
	b.t.Helper()
	specs := make([]ledger.JobSpec, count)
	for i := range specs {
		specs[i] = ledger.JobSpec{IdempotencyKey: fmt.Sprintf("%s/%d", kind, i), Kind: kind}
	}
	submitted, err := b.operator.SubmitJobs(b.t.Context(), specs)
	require.NoError(b.t, err)
	for _, one := range submitted {
		ids = append(ids, one.Job.ID)
	}
	return ids
}

func (b *bundle) changes() (all []string) {
	b.t.Helper()
	for _, event := range bustest.Events(b.t, b.client, "QUEUE_LEVEL_CHANGED") {
		content, err := bus.Decode[bus.QueueLevelChanged](event)
		require.NoError(b.t, err)
		all = append(all, fmt.Sprintf("%s: %s to %s at %d", content.Queue, content.Old, content.New, content.Depth))
	}
	return all
}

func TestChangesAreToldOnceAndSurvive(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.tick()
	require.Empty(t, b.changes(), "queues begin without pressure")
	ids := b.submit("export", 20)
	b.tick()
	b.tick()
	b.restart(2)
	b.tick()
	require.Equal(t, []string{"export: none to medium at 20"}, b.changes())
	health := b.monitor.Health(t.Context())
	require.Equal(t, spec.HealthOK, health.Status, "a full queue is a finding")
	require.Contains(t, health.Findings, "nobody says how deep training_data is")
	for _, id := range ids[:11] {
		_, err := b.operator.CancelJob(t.Context(), id, "test")
		require.NoError(t, err)
	}
	b.tick()
	require.Equal(t, []string{"export: none to medium at 20", "export: medium to low at 9"}, b.changes())
	history, err := b.ledger.DepthHistory(t.Context(), "export", time.Now().Add(-time.Hour), 5*time.Minute)
	require.NoError(t, err)
	require.NotEmpty(t, history)
}

// Others record the depth of queues that are not made of jobs; while nobody does, the level stays.
func TestDepthsOfOthersCount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.operator.RecordDepth(t.Context(), "training_data", "n1", 500_000))
	b.tick()
	require.Equal(t, []string{"training_data: none to stop at 500000"}, b.changes())
	require.Equal(t, "stop", b.monitor.Health(t.Context()).Details["level"])
}

// What the monitor says while a queue fills: never that more is allowed than before, and in the end nothing at all.
func TestAFullerQueueNeverAllowsMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	allowed := 1.0
	for depth := 5; depth <= 200; depth += 5 {
		b.submit("evaluate", depth)
		b.tick()
		now := b.queue("evaluation")
		require.EqualValues(t, depth, now.Depth)
		require.LessOrEqual(t, now.Factor, allowed, "%d deep", depth)
		allowed = now.Factor
	}
	require.Zero(t, allowed)
	require.Len(t, b.changes(), int(queuelevel.Stop), "each level is told of")
}

// queue is what the monitor says of a queue.
func (b *bundle) queue(name string) state {
	b.t.Helper()
	for _, one := range b.monitor.Health(b.t.Context()).Details["queues"].([]state) {
		if one.Queue == name {
			return one
		}
	}
	require.FailNow(b.t, "no such queue", name)
	return state{}
}
