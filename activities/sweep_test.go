package activities_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/activities"
	"github.com/ringrift/orchestrator/internal/spec"
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
