package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

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

// The activity of a daemon that is given its budget back may have a single attempt left.
func TestDaemonResetGivesARunningDaemonItsWholeBudget(t *testing.T) {
	t.Parallel()
	r := launchRunning(t, with(func(d *spec.Daemon) { d.RestartPause = time.Minute }))
	for range 5 {
		r.fail(spec.CauseError, "boom", time.Second)
		r.ready()
	}
	r.command(spec.VerbReset, spec.Command{})
	r.requireRuns(1)
	r.exhaust(spec.CauseError, "boom again")
	info := r.requirePhase(spec.PhaseRestarting)
	require.Equal(t, 1, info.RestartCount)
	require.InDelta(t, 60, info.NextTryAt.Sub(r.env.Now()).Seconds(), 2)
	r.wait(time.Minute)
	require.Equal(t, 5, r.requireRuns(2).Attempts)
	r.exhaust(spec.CauseError, "boom to the last")
	r.requirePhase(spec.PhaseProbing)
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
			r.result(spec.RunResult{Outcome: spec.OutcomeFailed, Cause: spec.CauseError, Reason: "boom", Delay: time.Minute})
			require.Equal(r.t, 1, r.info().RestartCount, "only this failure counts")
			r.command(spec.VerbReset, spec.Command{})
			r.wait(step)
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
