package queuemonitor

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host/killtest"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/queuelevel"
)

const (
	killedRounds = 10
	killedQueue  = "export"
	// Few, so that the level changes many times in the life of a copy.
	killedSoft, killedHard = 2, 4
)

// A monitor that is killed again and again while a queue fills and drains tells of each change once, keeps the history,
// and never allows more at a greater depth.
func TestSurvivesKill(t *testing.T) {
	t.Parallel()
	q := killtest.New(t, Declare(Config{
		Queues: []Queue{{Name: killedQueue, Kinds: []string{"export"}, Soft: killedSoft, Hard: killedHard}},
	})).Queue("export")
	for range killedRounds {
		q.Kill(func() {
			q.Fill(killedHard)
			q.Drain(0)
		})
	}
	q.Fill(killedHard)
	q.Kill(nil)
	require.Equal(t, queuelevel.Stop.String(), q.Look().Health(t.Context()).Details["level"])
	q.RequireToldOnce(killedQueue, queuelevel.None.String(), queuelevel.Stop.String(), levelsTold(q))
	q.Drain(0)
	q.Look()
	q.RequireToldOnce(killedQueue, queuelevel.None.String(), queuelevel.None.String(), levelsTold(q))

	history, err := q.Ledger.DepthHistory(t.Context(), killedQueue, time.Now().Add(-time.Hour), 5*time.Minute)
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(history, func(b ledger.DepthBucket) bool { return b.Max == killedHard }), "the deepest is remembered")
}

// levelsTold sees to it that the rate which is allowed never rises with the depth.
func levelsTold(q *killtest.Queue) (changes []bus.LevelChange) {
	q.Helper()
	last := bus.QueueLevelChanged{Factor: queuelevel.None.Factor()}
	for _, event := range bustest.Events(q, q.Bus, "QUEUE_LEVEL_CHANGED") {
		now, err := bus.Decode[bus.QueueLevelChanged](event)
		require.NoError(q, err)
		if now.Depth > last.Depth {
			require.Less(q, now.Factor, last.Factor, "from %d to %d", last.Depth, now.Depth)
		}
		changes, last = append(changes, now.LevelChange), now
	}
	return changes
}
