package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestDaemonCountsFailuresByCause(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.fail(spec.CauseError, "boom", time.Minute)
	info := r.requirePhase(spec.PhaseRestarting)
	require.Equal(t, 1, info.RestartCount)
	require.Equal(t, "boom", info.LastError)
	require.False(t, info.NextTryAt.IsZero(), "the next try is shown")
	require.Equal(t, spec.HealthUnknown, info.Health.Status)
	require.Equal(t, spec.CauseError, r.lastChange().Cause)
	require.Equal(t, "boom", r.lastChange().Reason)

	r.wait(time.Minute)
	r.ready()
	require.True(t, r.requirePhase(spec.PhaseRunning).NextTryAt.IsZero())
	r.fail(spec.CausePanic, "nil map", time.Minute)
	r.fail(spec.CauseUnhealthy, "late and ignored", time.Minute)
	r.wait(time.Minute)
	r.ready()
	r.fail(spec.CauseWorkerLost, "not to blame", time.Second)
	r.ready()

	info = r.requirePhase(spec.PhaseRunning)
	require.Equal(t, 2, info.RestartCount)
	require.Equal(t, map[spec.Cause]int{spec.CauseError: 1, spec.CausePanic: 1, spec.CauseWorkerLost: 1}, info.Restarts)
	require.Equal(t, 4, info.Attempt)
	require.Equal(t, "nil map", info.LastError)
	r.requireRuns(1)
	r.requireArrows("STOPPED→STARTING", "STARTING→RUNNING", "RUNNING→RESTARTING", "RESTARTING→RUNNING",
		"RUNNING→RESTARTING", "RESTARTING→RUNNING", "RUNNING→RESTARTING", "RESTARTING→RUNNING")
}

func TestDaemonProbesOnceItsBudgetIsSpent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change   func(*spec.Daemon)
		interval time.Duration
	}{
		"other daemon":    {func(*spec.Daemon) {}, 30 * time.Minute},
		"critical daemon": {critical, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := launchRunning(t, with(test.change))
			r.exhaust(spec.CauseError, "boom")
			info := r.requirePhase(spec.PhaseProbing)
			require.InDelta(t, test.interval.Seconds(), info.NextTryAt.Sub(r.env.Now()).Seconds(), 2)

			for try := 2; try <= 4; try++ {
				r.wait(test.interval - 10*time.Second)
				r.requireRuns(try - 1)
				r.wait(10 * time.Second)
				require.Equal(t, 1, r.requireRuns(try).Attempts, "a probe is one attempt")
				r.requirePhase(spec.PhaseStarting)
				r.exhaust(spec.CauseError, "boom again")
				r.requirePhase(spec.PhaseProbing)
			}
			require.Equal(t, 4, r.info().Restarts[spec.CauseError])
		})
	}
}

func TestDaemonProbeThatSucceedsRunsAndKeepsProbing(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.exhaust(spec.CauseError, "boom")
	r.wait(30 * time.Minute)
	r.ready()
	r.requirePhase(spec.PhaseRunning)
	r.wait(50 * time.Minute)
	r.exhaust(spec.CauseError, "not stable yet")
	r.requirePhase(spec.PhaseProbing)

	r.wait(30 * time.Minute)
	r.ready()
	r.wait(61 * time.Minute)
	r.result(spec.RunResult{Outcome: spec.OutcomeFailed, Cause: spec.CauseError, Reason: "after an hour", Delay: time.Second})
	r.wait(step)
	require.Equal(t, 5, r.requireRuns(4).Attempts, "the hour gave the budget back, and this failure spent one")
	require.Equal(t, 1, r.info().RestartCount)
}

func TestDaemonResetEndsProbing(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.exhaust(spec.CauseError, "boom")
	r.requirePhase(spec.PhaseProbing)
	r.command(spec.VerbReset, spec.Command{})
	require.Equal(t, 6, r.requireRuns(2).Attempts)
	require.Zero(t, r.info().RestartCount)
	require.Empty(t, r.info().LastError)
}

func TestDaemonFailsForGood(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*spec.Daemon)
		fail   func(*rig)
	}{
		"bad configuration":    {func(*spec.Daemon) {}, func(r *rig) { r.refuseConfig("no bucket") }},
		"without auto_restart": {noAutoRestart, func(r *rig) { r.exhaust(spec.CauseError, "no bucket") }},
		"configuration spoilt later": {func(*spec.Daemon) {}, func(r *rig) {
			r.fail(spec.CauseError, "boom", 10*time.Second)
			r.wait(10 * time.Second)
			r.refuseConfig("no bucket")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := launchRunning(t, with(test.change))
			test.fail(r)
			info := r.requirePhase(spec.PhaseFailed)
			require.Equal(t, "no bucket", info.Reason)
			require.Equal(t, "no bucket", info.LastError)
			require.Zero(t, info.NextTryAt, "nothing will be tried")
			r.wait(24 * time.Hour)
			r.requirePhase(spec.PhaseFailed)
			r.requireRuns(1)

			for again, verb := range []spec.Verb{spec.VerbRestart, spec.VerbStart, spec.VerbReset} {
				r.command(verb, spec.Command{})
				r.requireRuns(2 + again)
				r.ready()
				r.requirePhase(spec.PhaseRunning)
				r.refuseConfig("no bucket")
				r.requirePhase(spec.PhaseFailed)
			}
		})
	}
}

func TestDaemonWithoutAutoRestartHasOneAttempt(t *testing.T) {
	t.Parallel()
	r := launchDaemon(t, with(noAutoRestart))
	require.Equal(t, 1, r.run().Attempts)
}
