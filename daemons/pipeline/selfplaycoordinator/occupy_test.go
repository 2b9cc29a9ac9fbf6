package selfplaycoordinator

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/selfplay"
)

// report puts what a node says of itself into the ledger, as CLUSTER_MONITOR does.
func (b *bundle) report(id string, idle nodes.Measured[nodes.Idle]) {
	b.t.Helper()
	now, room := time.Now(), nodes.Space{Total: 100 << 30, Free: 90 << 30}
	capacity, err := json.Marshal(nodes.Capacity{
		CPUs: nodes.Known(now, 4.0), Memory: nodes.Known(now, room), Disk: nodes.Known(now, room), GPUs: nodes.Known(now, []nodes.GPU{}), Idle: idle,
	})
	require.NoError(b.t, err)
	require.NoError(b.t, b.operator.NodeSeen(b.t.Context(), ledger.NodeReport{ID: id, Roles: []string{"selfplay"}, Capacity: capacity}))
	require.NoError(b.t, b.operator.SetHealth(b.t.Context(), id, ledger.NodeHealthy, ""))
}

func idleFor(seconds float64) nodes.Measured[nodes.Idle] {
	return nodes.Known(time.Now(), nodes.Idle{Seconds: seconds})
}

// injections are those that were decided, the newest first. What was told of them is the same, each once.
func (b *bundle) injections() []selfplay.Injection {
	b.t.Helper()
	all, err := selfplay.Injections(b.t.Context(), b.ledger, time.Hour)
	require.NoError(b.t, err)
	told := map[string]int{}
	for _, event := range bustest.Events(b.t, b.client, "IDLE_NODE_WORK_INJECTED") {
		said, err := bus.Decode[bus.IdleNodeWorkInjected](event)
		require.NoError(b.t, err)
		told[said.InjectionID]++
	}
	for _, one := range all {
		require.Equal(b.t, 1, told[one.ID], one.ID)
	}
	require.Len(b.t, told, len(all))
	return all
}

// inject makes the job of an injection, as QUEUE_POPULATOR does.
func (b *bundle) inject(injection selfplay.Injection) ledger.Job {
	b.t.Helper()
	submitted, err := b.operator.SubmitJob(b.t.Context(), ledger.JobSpec{
		IdempotencyKey: injection.JobKey(), Kind: jobs.KindSelfplay, ConfigKey: injection.ConfigKey, TargetNode: injection.NodeID,
	})
	require.NoError(b.t, err)
	return submitted.Job
}

// A node that is idle for long enough plays for the configuration with the fewest games, and one that is not does not.
func TestIdleNodesPlay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.settings.Idle = IdleSettings{Cooldown: time.Nanosecond}
	b.play("sq5_2p", 3)
	b.report("idle", idleFor(121))
	b.report("fresh", idleFor(119))
	b.report("busy", nodes.Known(time.Now(), nodes.Idle{Reason: "1 jobs run"}))
	b.report("unknown", nodes.Unknown[nodes.Idle](time.Now(), "IDLE_RESOURCE does not measure it"))
	plan := b.round()
	all := b.injections()
	require.Len(t, all, 1)
	require.Equal(t, selfplay.Injection{
		ID: all[0].ID, NodeID: "idle", ConfigKey: "hex3_2p", Games: 25, PlanID: plan.ID, IdleSeconds: 121, TotalGames: 0, At: all[0].At,
	}, all[0])

	b.round()
	require.Len(t, b.injections(), 1, "it waits for its job to be queued")
	job := b.inject(all[0])
	b.round()
	require.Len(t, b.injections(), 1, "a job waits")
	claimed, err := b.operator.ClaimJob(t.Context(), job.ID, "idle", time.Minute)
	require.NoError(t, err)
	b.restart()
	b.round()
	require.Len(t, b.injections(), 1, "the node has a job, whatever its older report says")
	_, err = b.operator.CompleteJob(t.Context(), claimed.Lease(), nil)
	require.NoError(t, err)
	b.play("hex3_2p", 25)
	b.round()
	all = b.injections()
	require.Len(t, all, 2)
	require.Equal(t, "sq5_2p", all[0].ConfigKey)
}

// A node gets no second gift within the cooldown, and none at all from configurations that have enough.
func TestIdleNodesArePacedAndBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.settings.Idle = IdleSettings{After: time.Second, Games: 7, GPUGames: 9, Ceiling: 4, Cooldown: time.Hour}
	b.report("one", idleFor(10))
	b.round()
	b.cancel(b.inject(b.injections()[0]))
	b.round()
	require.Len(t, b.injections(), 1)
	none := 0.0
	b.report("two", nodes.Known(time.Now(), nodes.Idle{Seconds: 5, GPU: &none}))
	b.round()
	require.Len(t, b.injections(), 2)
	require.EqualValues(t, 9, b.injections()[0].Games)

	b.settings.Idle.Cooldown = time.Nanosecond
	b.cancel(b.inject(b.injections()[0]))
	b.play("hex3_2p", 4)
	b.play("sq5_2p", 4)
	b.round()
	require.Len(t, b.injections(), 2)
	require.Contains(t, fmt.Sprint(b.coordinator.Health(t.Context()).Findings), "node one is idle: every configuration has its 4 games")
}

func (b *bundle) cancel(job ledger.Job) {
	b.t.Helper()
	_, err := b.operator.CancelJob(b.t.Context(), job.ID, "test")
	require.NoError(b.t, err)
}
