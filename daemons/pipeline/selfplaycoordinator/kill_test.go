package selfplaycoordinator

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host/killtest"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/selfplay"
	"github.com/ringrift/orchestrator/internal/workload"
)

// A coordinator that is killed again and again while a node falls idle gives it games once at a time, and tells of each
// gift once.
func TestSurvivesKill(t *testing.T) {
	t.Parallel()
	set, err := workload.NewSet(&workload.Workload{Manifest: &workload.Manifest{
		Name: "mini", Configs: []workload.Config{{Key: "sq5_2p", Players: 2}}, Harnesses: []workload.Harness{{ID: "search", Default: true}},
		Resources: map[workload.Command]workload.Resources{workload.Selfplay: {CPU: 1, MemMB: 128}},
	}})
	require.NoError(t, err)
	c := killtest.New(t, Declare(Config{
		Workloads: set, Configs: func() []string { return []string{"sq5_2p"} },
		Terms: func(string) pipeline.Terms { return pipeline.Terms{Wanted: true, MinGames: 100, Bootstrap: 100} },
		Settings: func() Settings {
			settings := DefaultSettings()
			settings.Idle = IdleSettings{After: time.Second, Cooldown: time.Nanosecond}
			return settings
		},
	}))
	now, room := time.Now(), nodes.Space{Total: 100 << 30, Free: 90 << 30}
	capacity, err := json.Marshal(nodes.Capacity{
		CPUs: nodes.Known(now, 4.0), Memory: nodes.Known(now, room), Disk: nodes.Known(now, room),
		GPUs: nodes.Known(now, []nodes.GPU{}), Idle: nodes.Known(now, nodes.Idle{Seconds: 60}),
	})
	require.NoError(t, err)
	played := 0 // injections
	work := func() {
		require.NoError(t, c.Operator.NodeSeen(t.Context(), ledger.NodeReport{ID: "n1", Capacity: capacity}))
		require.NoError(t, c.Operator.SetHealth(t.Context(), "n1", ledger.NodeHealthy, ""))
		all, err := selfplay.Injections(t.Context(), c.Ledger, time.Hour)
		require.NoError(t, err)
		require.LessOrEqual(t, len(all), played+1, "one at a time")
		for _, one := range all {
			job, err := c.Operator.SubmitJob(t.Context(), ledger.JobSpec{IdempotencyKey: one.JobKey(), Kind: "selfplay"})
			require.NoError(t, err)
			if job.New {
				played++
				_, err = c.Operator.CancelJob(t.Context(), job.Job.ID, "played")
				require.NoError(t, err)
			}
		}
	}
	work()
	for range 8 {
		c.Kill(work)
	}
	work()
	c.Look()
	all, err := selfplay.Injections(t.Context(), c.Ledger, time.Hour)
	require.NoError(t, err)
	require.Greater(t, len(all), 1)
	var decided, told []string
	for _, one := range all {
		decided = append(decided, one.ID)
	}
	for _, event := range bustest.Events(t, c.Bus, "IDLE_NODE_WORK_INJECTED") {
		said, err := bus.Decode[bus.IdleNodeWorkInjected](event)
		require.NoError(t, err)
		told = append(told, said.InjectionID)
	}
	require.ElementsMatch(t, decided, told)
	require.Len(t, bustest.Events(t, c.Bus, "SELFPLAY_ALLOCATION_UPDATED"), 1)
}
