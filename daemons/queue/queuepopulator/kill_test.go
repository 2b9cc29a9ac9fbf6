package queuepopulator

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host/killtest"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/selfplay"
)

const (
	killedRounds = 10
	killedDepth  = 40
	killedBatch  = 20
)

// A populator that is killed again and again while the queue fills and drains makes each job once, tells of it once, and
// leaves no number out.
func TestSurvivesKill(t *testing.T) {
	t.Parallel()
	q := &workedOff{killtest.New(t, Declare(Config{Depth: killedDepth, Batch: killedBatch}))}
	parsed, err := selfplay.ParsePlan([]byte(endless))
	require.NoError(t, err)
	require.NoError(t, selfplay.Save(t.Context(), q.Operator, parsed))
	require.NoError(t, q.Operator.NodeSeen(t.Context(), ledger.NodeReport{ID: "n1"}))
	require.NoError(t, q.Operator.SetHealth(t.Context(), "n1", ledger.NodeHealthy, ""))
	for range killedRounds {
		q.Kill(q.work)
	}
	require.Greater(t, len(q.jobs()), killedDepth, "the kills came while there was work")
	last := q.Last()
	for range 2 + killedDepth/killedBatch { // enough to fill it, and some with nothing to do
		require.NoError(t, last.Tick(t.Context()))
	}
	require.Len(t, q.jobs(ledger.Pending), killedDepth)
	q.requireNumbered()
	q.requireToldOnce()
}

// workedOff is a queue whose jobs a node works off.
type workedOff struct{ *killtest.Cluster }

func (q *workedOff) jobs(statuses ...ledger.Status) (all []ledger.Job) {
	q.Helper()
	for page := (ledger.Page{Limit: 1000}); ; {
		list, err := q.Ledger.Jobs(q.Context(), ledger.JobFilter{Statuses: statuses}, page)
		require.NoError(q, err)
		all = append(all, list.Items...)
		if page.After = list.Next; page.After == "" {
			return all
		}
	}
}

// work completes a few of the jobs that wait.
func (q *workedOff) work() {
	q.Helper()
	waiting := q.jobs(ledger.Pending)
	for _, job := range waiting[:min(5, len(waiting))] {
		claimed, err := q.Operator.ClaimJob(q.Context(), job.ID, "n1", time.Minute)
		require.NoError(q, err)
		_, err = q.Operator.CompleteJob(q.Context(), claimed.Lease(), nil)
		require.NoError(q, err)
	}
}

// requireNumbered sees to it that the keys of each configuration's jobs are numbered from 0 on, without gaps.
func (q *workedOff) requireNumbered() {
	q.Helper()
	wanted, found := map[string]bool{}, map[string]bool{}
	next := map[string]int{}
	for _, job := range q.jobs() {
		require.False(q, found[job.IdempotencyKey], "two jobs have the key %s", job.IdempotencyKey)
		found[job.IdempotencyKey] = true
		wanted[fmt.Sprintf("selfplay/p1/%s/%d", job.ConfigKey, next[job.ConfigKey])] = true
		next[job.ConfigKey]++
	}
	require.Equal(q, wanted, found)
}

func (q *workedOff) requireToldOnce() {
	q.Helper()
	var made, told []string
	for _, job := range q.jobs() {
		made = append(made, job.ID)
	}
	for _, event := range bustest.Events(q, q.Bus, "WORK_QUEUED") {
		content, err := bus.Decode[bus.WorkQueued](event)
		require.NoError(q, err)
		told = append(told, content.JobID)
	}
	require.ElementsMatch(q, made, told)
}
