package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// continued lets the workflow continue as new and returns the input of its next run.
func (r *rig) continued() spec.DaemonInput {
	r.t.Helper()
	r.env.SetContinueAsNewSuggested(true)
	r.env.SignalWorkflow(wake, nil)
	var next *workflow.ContinueAsNewError
	require.ErrorAs(r.t, r.awaitEnd(), &next)
	require.Contains(r.t, []string{spec.WorkflowDaemon, spec.WorkflowGroup}, next.WorkflowType.Name)
	var input spec.DaemonInput
	require.NoError(r.t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &input))
	return input
}

// next launches the run that follows.
func (r *rig) next() *rig {
	r.t.Helper()
	input := r.continued()
	return launch(r.t, r.id, spec.WorkflowDaemon, input, func(next *rig) { next.env.SetStartTime(r.env.Now()) })
}

func TestDaemonHandsOverBeforeItContinuesAsNew(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.fail(spec.CauseError, "boom", time.Second)
	r.ready()
	next := r.next()
	last := r.world.published[len(r.world.published)-1]
	require.Equal(t, spec.StopForHandover, r.world.stops[0].Reason)
	require.True(t, r.run().ended, "no copy outlives the run")

	run := next.requireRuns(1)
	require.Equal(t, "handed over", string(run.Handover))
	require.Equal(t, 5, run.Attempts, "the budget goes on")
	next.ready()
	info := next.requirePhase(spec.PhaseRunning)
	require.Equal(t, 1, info.RestartCount)
	require.Equal(t, "boom", info.LastError)
	require.Equal(t, map[spec.Cause]int{spec.CauseError: 1, spec.CauseDeploy: 1}, info.Restarts)
	require.Equal(t, last.Seq+1, next.world.published[0].Seq, "no transition is left out")
	require.Equal(t, last.To, next.world.published[0].From)
}

// A run that ends publishes its last transitions first, and goes on if somebody wants something meanwhile.
func TestDaemonContinuesAsNewWithEverySignal(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.world.onPublish = func() {
		r.world.onPublish = nil
		r.env.SignalWorkflow(string(spec.VerbStop), spec.Command{})
	}
	require.Equal(t, spec.DesiredStop, r.continued().Carry.Desired)
}

func TestDaemonContinuesAsNewInEveryPhase(t *testing.T) {
	t.Parallel()
	inEveryPhase(t, func(t *testing.T, phase spec.Phase, r *rig) {
		if phase == spec.PhaseStarting || phase == spec.PhaseRunning || phase == spec.PhaseStopping || phase == spec.PhaseRestarting {
			return // an activity runs: see TestDaemonHandsOverBeforeItContinuesAsNew
		}
		before := r.info()
		next := r.next()
		after := next.requirePhase(phase)
		next.requireRuns(0)
		require.Equal(t, before.Desired, after.Desired)
		require.Equal(t, before.RestartCount, after.RestartCount)
		require.Equal(t, before.Restarts, after.Restarts)
		require.Equal(t, before.LastError, after.LastError)
		require.True(t, before.Since.Equal(after.Since), "since %s, then %s", before.Since, after.Since)
		require.True(t, before.NextTryAt.Equal(after.NextTryAt), "next try %s, then %s", before.NextTryAt, after.NextTryAt)
		require.Len(t, after.Transitions, len(before.Transitions))
		next.wait(20 * time.Hour)
		if phase == spec.PhaseProbing || phase == spec.PhaseUnavailable {
			next.requireRuns(1)
			return
		}
		next.requirePhase(phase)
		next.command(spec.VerbRestart, spec.Command{})
		if phase == spec.PhaseBlocked {
			next.signal(spec.SignalClear, spec.Clearance{Spec: autoSync()})
		}
		next.requireRuns(1)
	})
}

func TestDaemonContinuesAsNewWhileItWaitsForARetry(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.fail(spec.CauseError, "boom", 5*time.Minute)
	next := r.next()
	require.True(t, r.run().ended)
	next.wait(5 * time.Minute)
	require.Equal(t, 5, next.requireRuns(1).Attempts)
}

func TestDaemonCarriesPausesAndTheirExpiry(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.command(spec.VerbPause, spec.Command{Reason: "disk full", For: "2h"})
	next := r.next()
	next.requirePhase(spec.PhasePaused)
	next.wait(2 * time.Hour)
	next.requireRuns(1)
}

func TestDaemonCarriesTheFleetSwitch(t *testing.T) {
	t.Parallel()
	r := launchRunning(t, underSupervisor)
	r.signal(spec.SignalHold, nil)
	next := r.next()
	require.True(t, next.requirePhase(spec.PhaseStopped).FleetDown)
	next.signal(spec.SignalClear, spec.Clearance{Spec: autoSync()})
	next.requireRuns(1)
}

// A parent that starts a closed daemon again may have to block it, whatever it was waiting for.
func TestDaemonHealedWhileItsDependencyIsDown(t *testing.T) {
	t.Parallel()
	for name, until := range map[string]time.Duration{"try was due": -time.Minute, "try is to come": 10 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := launchRunning(t)
			r.exhaust(spec.CauseError, "boom")
			var carry spec.Carry
			r.query(spec.QueryCarry, &carry)
			carry.NextTryAt = r.env.Now().Add(until)
			input := spec.DaemonInput{Spec: autoSync(), Parent: spec.SupervisorID, BlockedOn: []spec.Type{"EVENT_ROUTER"}, Carry: &carry}
			healed := launch(t, r.id, spec.WorkflowDaemon, input, func(next *rig) { next.env.SetStartTime(r.env.Now()) })
			healed.requirePhase(spec.PhaseBlocked)
			healed.wait(time.Hour)
			healed.requirePhase(spec.PhaseBlocked)
			healed.signal(spec.SignalClear, spec.Clearance{Spec: autoSync()})
			require.Equal(t, 1, healed.requireRuns(1).Attempts, "its budget is still spent")
		})
	}
}

func TestDaemonKeepsTheLastTransitionsOnly(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	for range 15 {
		r.command(spec.VerbPause, spec.Command{})
		r.command(spec.VerbResume, spec.Command{})
		r.ready()
	}
	info := r.info()
	require.Len(t, info.Transitions, 20)
	require.Equal(t, r.lastChange().Seq, info.Transitions[19].Seq)
	require.Len(t, r.world.published, int(r.lastChange().Seq), "each is published once")
}
