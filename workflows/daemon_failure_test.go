package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

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

	info = r.requirePhase(spec.PhaseRunning)
	require.Equal(t, 2, info.RestartCount)
	require.Equal(t, map[spec.Cause]int{spec.CauseError: 1, spec.CausePanic: 1}, info.Restarts)
	require.Equal(t, 2, info.Attempt-1, "attempt")
	r.requireRuns(1)
	r.requireArrows("STOPPED→STARTING", "STARTING→RUNNING", "RUNNING→RESTARTING", "RESTARTING→RUNNING", "RUNNING→RESTARTING", "RESTARTING→RUNNING")
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

// What the daemon is not to blame for spends nothing, also when it ends the last attempt there was.
func TestDaemonIsNotChargedForOthers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end   func(*rig)
		cause spec.Cause
	}{
		"renewal":       {func(r *rig) { r.result(spec.RunResult{Outcome: spec.OutcomeRenew, Cause: spec.CauseWorkerLost}) }, spec.CauseWorkerLost},
		"handover":      {func(r *rig) { r.result(spec.RunResult{Outcome: spec.OutcomeHandover, Cause: spec.CauseDeploy}) }, spec.CauseDeploy},
		"silent worker": {func(r *rig) { r.lose() }, spec.CauseWorkerLost},
		"fenced":        {func(r *rig) { r.exhaust(spec.CauseWorkerLost, "the server no longer accepted this attempt") }, spec.CauseWorkerLost},
	} {
		for kind, change := range map[string]func(*spec.Daemon){"restarted": func(*spec.Daemon) {}, "not restarted": noAutoRestart} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				r := launchRunning(t, with(change))
				for range 10 {
					before := r.run().Attempts
					test.end(r)
					r.requirePhase(spec.PhaseStarting)
					require.Equal(t, before, r.run().Attempts)
					r.ready()
				}
				info := r.requirePhase(spec.PhaseRunning)
				require.Zero(t, info.RestartCount)
				require.Empty(t, info.LastError)
				require.Equal(t, map[spec.Cause]int{test.cause: 10}, info.Restarts)
				r.requireRuns(11)
			})
		}
	}
}

func TestDaemonGivesItsNextAttemptsWhatIsLeft(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	for spent := 1; spent <= 4; spent++ {
		r.fail(spec.CauseError, "boom", time.Second)
		r.ready()
		r.result(spec.RunResult{Outcome: spec.OutcomeRenew, Cause: spec.CauseWorkerLost})
		run := r.requireRuns(spent + 1)
		require.Equal(t, 6-spent, run.Attempts, "after %d failures", spent)
		require.Equal(t, spent, run.Spent)
		r.ready()
	}
}

func TestDaemonPassesTheHandoverOn(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.result(spec.RunResult{Outcome: spec.OutcomeHandover, Cause: spec.CauseDeploy, Handover: []byte("page 7")})
	require.Equal(t, "page 7", string(r.requireRuns(2).Handover))
	r.lose()
	require.Empty(t, r.requireRuns(3).Handover, "a hand-over is used once")
}

// An hour of health gives the budget back, however the run ends after it.
func TestDaemonStableRunGivesTheBudgetBack(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*rig){
		"it fails": func(r *rig) {
			r.result(spec.RunResult{Outcome: spec.OutcomeFailed, Cause: spec.CauseError, Reason: "boom", Delay: time.Second})
			require.Equal(r.t, 1, r.info().RestartCount)
			r.command(spec.VerbReset, spec.Command{})
		},
		"its worker drains": func(r *rig) { r.result(spec.RunResult{Outcome: spec.OutcomeHandover, Cause: spec.CauseDeploy}) },
		"its worker dies":   func(r *rig) { r.lose() },
		"it is restarted":   func(r *rig) { r.command(spec.VerbRestart, spec.Command{}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := launchRunning(t)
			r.fail(spec.CauseError, "boom", time.Second)
			r.ready()
			require.Equal(t, 1, r.info().RestartCount)
			r.wait(61 * time.Minute)
			require.Zero(t, r.info().At(r.env.Now()).RestartCount, "what a reader sees after an hour")
			end(r)
			r.wait(step)
			require.Equal(t, 6, r.requireRuns(2).Attempts)
			require.Zero(t, r.info().RestartCount, "the counter must not come back")
		})
	}
}

func TestDaemonStableProbeGivesTheBudgetBack(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.exhaust(spec.CauseError, "boom")
	r.wait(30 * time.Minute)
	r.ready()
	r.wait(2 * time.Hour)
	r.result(spec.RunResult{Outcome: spec.OutcomeHandover, Cause: spec.CauseDeploy})
	require.Equal(t, 6, r.requireRuns(3).Attempts)
}

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
	r.endWith(nil, timedOut(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START))
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
	r.endWith(nil, timedOut(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START))
	r.requirePhase(spec.PhaseUnavailable)
}

func TestDaemonWhoseNodeIsGoneCanBeStoppedAndStarted(t *testing.T) {
	t.Parallel()
	r := launchDaemon(t, onNode)
	r.endWith(nil, timedOut(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START))
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
