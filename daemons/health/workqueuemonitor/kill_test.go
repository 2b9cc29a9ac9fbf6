package workqueuemonitor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host/killtest"
	"github.com/ringrift/orchestrator/internal/ledger"
)

const (
	killedRounds = 10
	// Few, so that back-pressure comes and goes many times in the life of a copy.
	killedOn, killedOff = 3, 1
)

// restless looks without a pause, so that a kill falls between any two steps.
func restless() Config {
	return Config{On: killedOn, Off: killedOff, Rest: time.Nanosecond, StuckAfter: time.Millisecond}
}

// A monitor that is killed again and again while the queue fills and drains tells of each change once, of each stuck job
// once, and once of the node that has too many; and the next copy knows how many jobs wait.
func TestSurvivesKill(t *testing.T) {
	t.Parallel()
	q := killtest.New(t, Declare(restless())).Queue("selfplay")
	require.NoError(t, q.Operator.NodeSeen(t.Context(), ledger.NodeReport{ID: "n1"}))
	var claims []string
	for range killedRounds {
		q.Fill(killedOff + 1)
		claimed, err := q.Operator.ClaimJob(t.Context(), q.Take(), "n1", time.Hour)
		require.NoError(t, err)
		claims = append(claims, claimed.ID)
		q.Kill(func() {
			q.Fill(killedOn + 1)
			q.Drain(killedOff)
		})
	}
	q.Look()
	q.RequireToldOnce(queueJobs, levelNormal, levelNormal, pressureTold(q))
	q.Fill(80)
	q.Kill(nil)
	require.EqualValues(t, 80, q.Look().Health(t.Context()).Details["pending"])
	q.RequireToldOnce(queueJobs, levelNormal, levelFull, pressureTold(q))
	require.ElementsMatch(t, claims, stuckTold(q))
	require.Len(t, bustest.Events(t, q.Bus, "NODE_OVERLOADED"), 1)
}

func pressureTold(q *killtest.Queue) (changes []bus.LevelChange) {
	q.Helper()
	for _, event := range bustest.Events(q, q.Bus, "BACKPRESSURE_ACTIVATED", "BACKPRESSURE_RELEASED") {
		if event.Name == "BACKPRESSURE_RELEASED" {
			content, err := bus.Decode[bus.BackpressureReleased](event)
			require.NoError(q, err)
			changes = append(changes, content.LevelChange)
			continue
		}
		content, err := bus.Decode[bus.BackpressureActivated](event)
		require.NoError(q, err)
		changes = append(changes, content.LevelChange)
	}
	return changes
}

func stuckTold(q *killtest.Queue) (jobs []string) {
	q.Helper()
	for _, event := range bustest.Events(q, q.Bus, "STUCK_JOB_DETECTED") {
		content, err := bus.Decode[bus.StuckJobDetected](event)
		require.NoError(q, err)
		jobs = append(jobs, content.JobID)
	}
	return jobs
}
