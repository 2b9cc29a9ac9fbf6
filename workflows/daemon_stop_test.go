package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

var byAlice = spec.Command{Actor: "alice", Reason: "disk swap"}

func TestDaemonStops(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.world.stopTakes = 10 * time.Second
	epoch := r.run().epoch
	r.command(spec.VerbStop, byAlice)
	info := r.requirePhase(spec.PhaseStopping)
	require.Equal(t, "alice", info.Actor)
	require.Equal(t, "disk swap", info.Reason)
	require.Equal(t, []spec.StopDaemonInput{{ID: r.id, Epoch: epoch, Reason: spec.StopForOperator}}, r.world.stops)
	r.wait(10 * time.Second)

	info = r.requirePhase(spec.PhaseStopped)
	require.Equal(t, spec.DesiredStop, info.Desired)
	require.Equal(t, "alice", info.Actor)
	require.Equal(t, "disk swap", info.Reason)
	require.Equal(t, spec.CauseOperator, info.Cause)
	require.Zero(t, info.RestartCount)
	r.wait(time.Hour)
	r.requirePhase(spec.PhaseStopped)
	r.requireRuns(1)
	r.requireArrows("STOPPED→STARTING", "STARTING→RUNNING", "RUNNING→STOPPING", "STOPPING→STOPPED")

	r.command(spec.VerbStart, byAlice)
	r.requireRuns(2)
	r.ready()
	require.Equal(t, spec.DesiredRun, r.requirePhase(spec.PhaseRunning).Desired)
}

func TestDaemonStopReachesAnAttemptThatIsNotReady(t *testing.T) {
	t.Parallel()
	r := launchDaemon(t)
	epoch := r.run().epoch
	r.command(spec.VerbStop, spec.Command{})
	r.requirePhase(spec.PhaseStopped)
	require.Equal(t, []spec.StopDaemonInput{{ID: r.id, Epoch: epoch, Reason: spec.StopForOperator}}, r.world.stops, "the server says where it runs, and which attempt")
}

func TestDaemonStopCancelsWhenItsWorkerIsGone(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.world.gone = true
	r.command(spec.VerbStop, spec.Command{})
	r.requirePhase(spec.PhaseStopped)
	require.True(t, r.run().ended, "the activity was cancelled")
}

func TestDaemonIsAbandonedAfterTheStopTimeout(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.world.deaf = true
	r.command(spec.VerbStop, spec.Command{})
	r.wait(30 * time.Second)
	r.requirePhase(spec.PhaseStopping)
	r.wait(10 * time.Second)
	require.Contains(t, r.requirePhase(spec.PhaseStopped).Reason, "fenced")

	r.command(spec.VerbStart, spec.Command{})
	r.requireRuns(2)
	last := r.world.stops[len(r.world.stops)-1]
	require.Equal(t, spec.StopDaemonInput{ID: r.id, Reason: spec.StopForEviction}, last, "the old copy is evicted first")
}

func TestDaemonSaysThatTheHostAbandonedIt(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.world.deaf = true
	r.command(spec.VerbStop, spec.Command{})
	r.result(spec.RunResult{Outcome: spec.OutcomeStopped, Cause: spec.CauseOperator, Abandoned: true})
	require.Contains(t, r.requirePhase(spec.PhaseStopped).Reason, "abandoned")
}
