package killtest

import (
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// Queue is the jobs of one kind that wait.
type Queue struct {
	*Cluster
	kind    string
	waiting []string
	made    int
}

// Queue returns an empty queue.
func (c *Cluster) Queue(kind string) *Queue { return &Queue{Cluster: c, kind: kind} }

// Fill adds jobs until so many wait.
func (q *Queue) Fill(depth int) {
	q.Helper()
	specs := make([]ledger.JobSpec, depth-len(q.waiting))
	for i := range specs {
		q.made++
		specs[i] = ledger.JobSpec{IdempotencyKey: fmt.Sprintf("%s/%d", q.kind, q.made), Kind: q.kind}
	}
	submitted, err := q.Operator.SubmitJobs(q.Context(), specs)
	require.NoError(q, err)
	for _, one := range submitted {
		q.waiting = append(q.waiting, one.Job.ID)
	}
}

// Drain cancels jobs until so many wait.
func (q *Queue) Drain(depth int) {
	q.Helper()
	for len(q.waiting) > depth {
		_, err := q.Operator.CancelJob(q.Context(), q.Take(), "test")
		require.NoError(q, err)
	}
}

// Take removes a job and returns its id.
func (q *Queue) Take() string {
	last := len(q.waiting) - 1
	id := q.waiting[last]
	q.waiting = q.waiting[:last]
	return id
}

// RequireToldOnce compares what was told with the changes of a level that the ledger has, oldest first. There are some,
// and the last one is to level. A queue begins calm.
func (c *Cluster) RequireToldOnce(queue, calm, level string, told []bus.LevelChange) {
	c.Helper()
	history, err := c.Ledger.LevelHistory(c.Context(), queue, ledger.Page{Limit: 1000})
	require.NoError(c, err)
	require.NotEmpty(c, history.Items)
	require.Equal(c, level, history.Items[0].Level)
	var changes []bus.LevelChange
	before := calm
	for _, now := range slices.Backward(history.Items) {
		if now.Level != before {
			changes = append(changes, bus.LevelChange{
				Queue: queue, Sequence: now.Sequence, Old: before, New: now.Level, Depth: now.Depth, At: now.ChangedAt.UTC(),
			})
		}
		before = now.Level
	}
	require.NotEmpty(c, changes)
	require.Equal(c, changes, told)
}
