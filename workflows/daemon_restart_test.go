package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestDaemonRestartIsCountedAsTheOperators(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.command(spec.VerbRestart, byAlice)
	require.Equal(t, 6, r.requireRuns(2).Attempts)
	info := r.requirePhase(spec.PhaseStarting)
	require.Equal(t, map[spec.Cause]int{spec.CauseOperator: 1}, info.Restarts)
	require.Equal(t, "alice", info.Actor)
	require.Equal(t, "disk swap", info.Reason)
	require.Zero(t, info.RestartCount)
}

// An accepted restart is obeyed although the attempt ends in its own way before it is told.
func TestDaemonRestartsWhateverTheRunEndsWith(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*rig){
		"budget spent": func(r *rig) { r.exhaust(spec.CauseError, "boom") },
		"bad config":   func(r *rig) { r.refuseConfig("no bucket") },
		"completed":    func(r *rig) { r.result(spec.RunResult{Outcome: spec.OutcomeCompleted}) },
		"failed stable": func(r *rig) {
			r.result(spec.RunResult{Outcome: spec.OutcomeFailed, Cause: spec.CauseError, Delay: time.Hour})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := launchRunning(t)
			r.world.deaf = true
			r.command(spec.VerbRestart, byAlice)
			r.requirePhase(spec.PhaseStopping)
			end(r)
			r.wait(5 * time.Second)
			r.requireRuns(2)
			r.requirePhase(spec.PhaseStarting)
		})
	}
}

func TestDaemonObeysTheLastIntent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		verbs []spec.Verb
		want  spec.Phase
	}{
		{[]spec.Verb{spec.VerbStop, spec.VerbStart}, spec.PhaseRunning},
		{[]spec.Verb{spec.VerbStop, spec.VerbStart, spec.VerbStop}, spec.PhaseStopped},
		{[]spec.Verb{spec.VerbStart, spec.VerbStop}, spec.PhaseStopped},
		{[]spec.Verb{spec.VerbRestart, spec.VerbStop}, spec.PhaseStopped},
		{[]spec.Verb{spec.VerbStop, spec.VerbRestart}, spec.PhaseRunning},
		{[]spec.Verb{spec.VerbPause, spec.VerbResume}, spec.PhaseRunning},
		{[]spec.Verb{spec.VerbPause, spec.VerbStop}, spec.PhaseStopped},
		{[]spec.Verb{spec.VerbStop, spec.VerbStart, spec.VerbPause}, spec.PhasePaused},
		{[]spec.Verb{spec.VerbRestart, spec.VerbPause}, spec.PhasePaused},
	} {
		r := launchRunning(t)
		r.world.lively = true
		r.together(test.verbs...)
		r.wait(time.Minute)
		require.Equal(t, test.want, r.info().Phase, "after %v in one workflow task: %v", test.verbs, arrows(r.world.published))
	}
}
