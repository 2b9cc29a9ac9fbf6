package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestDaemonElsewhere(t *testing.T) {
	t.Parallel()
	r := launchDaemon(t)
	unknown := spec.RunResult{Outcome: spec.OutcomeElsewhere, Cause: spec.CauseElsewhere, Delay: 2 * time.Second}
	r.result(unknown)
	info := r.requirePhase(spec.PhaseUnavailable)
	require.Zero(t, info.RestartCount)
	began := r.env.Now()
	for len(r.world.runs) < 30 {
		if !r.run().ended {
			r.world.end(r.run(), unknown, nil)
		}
		r.wait(step)
		require.Less(t, r.env.Now().Sub(began), 2*time.Hour)
	}
	require.Greater(t, r.env.Now().Sub(began), 20*time.Minute, "the search for a worker slows down to one try a minute")
	require.Less(t, len(r.world.published), 40, "it does not flap while it searches: %v", arrows(r.world.published))
	r.wait(2 * time.Minute)
	r.ready()
	r.requirePhase(spec.PhaseRunning)
}

func TestDaemonEndsByItself(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		outcome spec.Outcome
		phase   spec.Phase
		ready   bool
	}{
		"completed": {spec.OutcomeCompleted, spec.PhaseCompleted, true},
		"disabled":  {spec.OutcomeDisabled, spec.PhaseDisabled, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := launchDaemon(t)
			r.fail(spec.CauseError, "boom", 10*time.Second)
			r.wait(10 * time.Second)
			r.result(spec.RunResult{Outcome: test.outcome, Reason: "set STORE_DSN"})
			info := r.requirePhase(test.phase)
			require.Equal(t, test.ready, info.Ready)
			require.Equal(t, "set STORE_DSN", info.Reason)
			r.wait(24 * time.Hour)
			r.requirePhase(test.phase)
			r.requireRuns(1)
			r.command(spec.VerbRestart, spec.Command{})
			r.requireRuns(2)
		})
	}
}

func TestDaemonWhoseNodeIsGone(t *testing.T) {
	t.Parallel()
	r := launchDaemon(t, onNode)
	r.endWith(nil, nobodyPolls)
	info := r.requirePhase(spec.PhaseUnavailable)
	require.Contains(t, info.Reason, "node-1")
	r.wait(24 * time.Hour)
	info = r.requirePhase(spec.PhaseUnavailable)
	require.Zero(t, info.RestartCount)
	require.Empty(t, info.Restarts)
	require.Equal(t, 6, r.requireRuns(2).Attempts, "it waits in the node's queue")
	r.ready()
	r.requirePhase(spec.PhaseRunning)
	r.requireArrows("STOPPED→STARTING", "STARTING→UNAVAILABLE", "UNAVAILABLE→RUNNING")

	r.lose()
	r.requirePhase(spec.PhaseStarting)
	r.endWith(nil, nobodyPolls)
	r.requirePhase(spec.PhaseUnavailable)
}

func TestDaemonWhoseNodeIsGoneCanBeStoppedAndStarted(t *testing.T) {
	t.Parallel()
	r := launchDaemon(t, onNode)
	r.endWith(nil, nobodyPolls)
	r.requirePhase(spec.PhaseUnavailable)
	r.run().hosted = false // it waits in a queue that nobody serves
	r.command(spec.VerbStop, spec.Command{})
	r.requirePhase(spec.PhaseStopped)
	r.command(spec.VerbStart, spec.Command{})
	r.requireRuns(3)
	require.Contains(t, []spec.Phase{spec.PhaseStarting, spec.PhaseUnavailable}, r.info().Phase)
	r.ready()
	r.requirePhase(spec.PhaseRunning)
}

func TestDaemonOnNodeThatDiesBeforeItIsReady(t *testing.T) {
	t.Parallel()
	r := launchDaemon(t, onNode)
	r.lose()
	r.requirePhase(spec.PhaseStarting)
	require.Equal(t, map[spec.Cause]int{spec.CauseWorkerLost: 1}, r.info().Restarts)
}

// What a daemon has handed over waits for an attempt that begins.
func TestDaemonKeepsTheHandoverUntilAnAttemptBegins(t *testing.T) {
	t.Parallel()
	for name, miss := range map[string]func(*rig){
		"its node is away": func(r *rig) { r.endWith(nil, nobodyPolls) },
		"its node is away while it is stopped and started": func(r *rig) {
			r.endWith(nil, nobodyPolls)
			r.run().hosted = false
			r.command(spec.VerbStop, spec.Command{})
			r.command(spec.VerbStart, spec.Command{})
		},
		"its worker does not know the type": func(r *rig) {
			r.result(spec.RunResult{Outcome: spec.OutcomeElsewhere, Cause: spec.CauseElsewhere, Delay: time.Second})
			r.wait(time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := launchRunning(t, onNode)
			r.result(spec.RunResult{Outcome: spec.OutcomeHandover, Cause: spec.CauseDeploy, Handover: []byte("page 7")})
			before := len(r.world.runs)
			miss(r)
			require.Greater(t, len(r.world.runs), before)
			require.Equal(t, "page 7", string(r.run().Handover))
			r.ready()
			r.lose()
			require.Empty(t, r.run().Handover, "a hand-over is used once")
		})
	}
}
