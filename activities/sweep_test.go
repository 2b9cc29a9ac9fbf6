package activities_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/ringrift/orchestrator/activities"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/workflows"
)

// successors are the records of a worker that came after the given ones in one folder.
func successors(t *testing.T, before ...string) *activities.Records {
	t.Helper()
	dir := t.TempDir()
	for _, identity := range before {
		_, err := activities.OpenRecords(dir, identity, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
	}
	return openRecords(t, dir)
}

// A predecessor that died with an attempt in hand, before it could write a record, is found by its name.
func TestSweepFreesAnAttemptWithoutRecord(t *testing.T) {
	t.Parallel()
	r := newRig(t, nap{fine, fine})
	r.launch(func(d *spec.Daemon) { d.HeartbeatTimeout = time.Hour })
	require.EqualValues(t, 1, r.swallow().GetAttempt())
	require.Empty(t, r.recordFiles())
	r.serve()

	successors(t, "another", "dead-worker", "one more").Sweep(t.Context(), r.client, r.namespace)
	info := r.await(spec.PhaseRunning)
	require.Equal(t, map[spec.Cause]int{spec.CauseWorkerLost: 1}, info.Restarts)
	require.Zero(t, info.RestartCount, "which costs no budget")
	require.Len(t, r.given, 1, "the dead worker's attempt never began")
}

// An attempt whose hand-out an outage swallowed is found by the worker that never got it.
func TestReclaimFreesAnAttemptThatNeverArrived(t *testing.T) {
	t.Parallel()
	r := newRig(t, nap{fine, fine})
	r.launch(func(d *spec.Daemon) { d.HeartbeatTimeout = time.Hour })
	r.swallow()
	r.serve()
	of := func(identity string) *activities.Records {
		records, err := activities.OpenRecords(t.TempDir(), identity, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		return records
	}
	require.NoError(t, of("another").Reclaim(t.Context(), r.client, r.namespace, "node-1"))
	require.Equal(t, spec.PhaseStarting, r.await(spec.PhaseStarting).Phase, "it is not another's to free")
	require.NoError(t, of("dead-worker").Reclaim(t.Context(), r.client, r.namespace, "node-1"))
	info := r.await(spec.PhaseRunning)
	require.Equal(t, map[spec.Cause]int{spec.CauseWorkerLost: 1}, info.Restarts)
	require.Zero(t, info.RestartCount, "which costs no budget")
}

// A worker frees nothing that it runs, or has run.
func TestReclaimKeepsAnAttemptThatArrived(t *testing.T) {
	t.Parallel()
	r := newRig(t, nap{fine, fine})
	r.serve()
	r.launch()
	before := r.await(spec.PhaseRunning)
	located, err := r.support().Locate(t.Context(), spec.LocateInput{ID: napID})
	require.NoError(t, err)
	require.NoError(t, r.records.Rename(located.Worker).Reclaim(t.Context(), r.client, r.namespace, "node-1"))
	require.Equal(t, before.Epoch, r.await(spec.PhaseRunning).Epoch)
}

// A job whose worker died is given back at once, with the progress of its last heartbeat, instead of after the
// heartbeat timeout.
func TestSweepGivesAJobBack(t *testing.T) {
	t.Parallel()
	for name, details := range map[string]any{"begun": map[string]int{"done": 5}, "not begun": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			namespace, connection := shared.Namespace(t)
			r := &rig{t: t, client: connection, namespace: namespace}
			ends := make(chan spec.JobEnd, 1)
			r.start(spec.QueueDaemons, worker.Options{LocalActivityWorkerOnly: true, Interceptors: workflows.Interceptors()}, map[string]any{
				spec.ActivityStartJob: func(context.Context, spec.JobGrant) (spec.JobStart, error) {
					return spec.JobStart{Attempt: 1, Assignment: json.RawMessage(`{}`)}, nil
				},
				spec.ActivityFinishJob: func(_ context.Context, end spec.JobEnd) (spec.JobOutcome, error) {
					ends <- end
					return spec.JobOutcome{}, nil
				},
			})
			_, err := connection.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: spec.JobWorkflowID("j1"), TaskQueue: spec.QueueDaemons},
				spec.WorkflowJob, spec.JobGrant{JobID: "j1", Token: 1, Node: "node-1"})
			require.NoError(t, err)
			held := r.swallowFrom(spec.NodeQueue("node-1"))
			if details != nil {
				require.NoError(t, connection.RecordActivityHeartbeat(t.Context(), held.GetTaskToken(), details))
			}
			successors(t, "dead-worker").Sweep(t.Context(), connection, namespace)
			select {
			case end := <-ends:
				require.Contains(t, end.Lost, "its worker dead-worker died")
				if details == nil {
					require.Empty(t, end.Progress, "nobody can say that it had begun")
				} else {
					require.JSONEq(t, `{"done":5}`, string(end.Progress))
				}
			case <-time.After(patience):
				require.Fail(t, "the job is not given back")
			}
		})
	}
}

// Attempts that others hold are nobody's to free, whether those live or not.
func TestSweepLeavesTheAttemptsOfOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t, nap{fine, fine})
	r.serve()
	r.launch(func(d *spec.Daemon) { d.HeartbeatTimeout = time.Hour })
	before := r.await(spec.PhaseRunning)
	successors(t, "dead-worker").Sweep(t.Context(), r.client, r.namespace)
	after := r.await(spec.PhaseRunning)
	require.Equal(t, before.Epoch, after.Epoch)
	require.Empty(t, after.Restarts)
	require.Len(t, r.host.Snapshot(), 1)
}

func TestSweepOfTheFirstWorkerAsksNobody(t *testing.T) {
	t.Parallel()
	successors(t).Sweep(t.Context(), nil, "") // a client would be used
}

func TestSweepEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, connection := shared.Namespace(t)
	begin := time.Now()
	successors(t, "dead-worker").Sweep(ctx, connection, "default")
	require.Less(t, time.Since(begin), time.Second)
}
