package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Nobody answers on the worker's control queue: the stop reaches the daemon by the answer to a heartbeat.
func TestHeartbeatDeliversACancellation(t *testing.T) {
	t.Parallel()
	r := newRig(t, nap{fine, fine})
	r.serve()
	r.start(spec.QueueSupport, worker.Options{DisableWorkflowWorker: true}, map[string]any{spec.ActivityLocate: r.support().Locate})
	r.launch(func(d *spec.Daemon) { d.HeartbeatTimeout, d.StopTimeout = 8*time.Second, time.Minute })
	r.await(spec.PhaseRunning)
	require.NoError(t, r.client.SignalWorkflow(t.Context(), napID, "", "stop", nil))
	info := r.await(spec.PhaseStopped)
	require.Empty(t, r.host.Snapshot(), "it has really ended")
	require.NotContains(t, info.Reason, "unconfirmed")
	require.Empty(t, r.recordFiles())
}
