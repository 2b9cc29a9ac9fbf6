package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestDaemonShowsARefusedSignal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		signal  string
		payload any
		says    string
	}{
		"resume while running":  {"resume", byAlice, "not paused"},
		"unknown verb":          {"explode", nil, "no such signal"},
		"payload of wrong kind": {"stop", "now, please", "payload of signal stop"},
		"malformed report":      {spec.SignalReport, []int{1}, "payload of signal report"},
		"pause of no length":    {"pause", spec.Command{For: "soon"}, `for "soon" is not a positive duration`},
		"pause in the past":     {"pause", spec.Command{For: "-5m"}, `for "-5m" is not a positive duration`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := launchRunning(t)
			r.signal(test.signal, test.payload)
			info := r.requirePhase(spec.PhaseRunning)
			require.Contains(t, info.Refused, test.says)
			refused := r.lastChange()
			require.Equal(t, spec.Verb(test.signal), refused.Refused)
			require.Contains(t, refused.Reason, test.says)
			r.requireArrows("STOPPED→STARTING", "STARTING→RUNNING", test.signal+" refused")

			r.command(spec.VerbPause, spec.Command{})
			require.Empty(t, r.requirePhase(spec.PhasePaused).Refused, "the next command that is obeyed clears it")
		})
	}
}

func TestDaemonObeysASignalWithoutPayload(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.signal("stop", nil)
	require.Equal(t, "signal", r.requirePhase(spec.PhaseStopped).Actor)
}

func TestDaemonRefusesAnUpdate(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	_, err := r.update(spec.VerbResume, byAlice)
	requireRefused(t, err, "not paused")
	require.Contains(t, r.info().Refused, "resume by alice")

	r.command(spec.VerbStop, spec.Command{})
	_, err = r.update(spec.VerbPause, byAlice)
	requireRefused(t, err, "start it first")
	r.requirePhase(spec.PhaseStopped)
}

func TestDaemonAnswersUpdates(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	result, err := r.update(spec.VerbStart, byAlice)
	require.NoError(t, err)
	require.Equal(t, spec.CommandResult{Phase: spec.PhaseRunning, Message: "already running"}, result)
	r.requireRuns(1)
	result, err = r.update(spec.VerbStop, byAlice)
	require.NoError(t, err)
	require.Equal(t, "will stop", result.Message)
	r.requirePhase(spec.PhaseStopped)
}

func TestDaemonAsksBeforeItStopsUnderItsDependents(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer spec.PermissionAnswer
		after  spec.Phase
	}{
		"granted": {spec.PermissionAnswer{Touched: []spec.Type{"SYNC_PUSH"}}, spec.PhaseStopped},
		"refused": {spec.PermissionAnswer{Refused: "SYNC_PUSH runs and depends on it"}, spec.PhaseRunning},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := launchRunning(t, underSupervisor, withDependents)
			answer := &answer{}
			r.env.UpdateWorkflow(string(spec.VerbStop), "", answer, byAlice)
			r.wait(step)
			require.False(t, answer.complete, "it waits for its parent")
			request := r.permissionRequest()
			require.Equal(t, spec.VerbStop, request.Verb)
			require.Equal(t, r.id, request.ID)
			require.Equal(t, byAlice, request.Command)

			test.answer.Request = request.Request
			r.signal(spec.SignalAnswer, test.answer)
			r.requirePhase(test.after)
			require.True(t, answer.complete)
			if test.answer.Refused != "" {
				requireRefused(t, answer.err, test.answer.Refused)
				require.Contains(t, r.info().Refused, test.answer.Refused)
				return
			}
			require.Equal(t, test.answer.Touched, answer.value.(spec.CommandResult).Touched)
		})
	}
}

func TestDaemonRefusesToStopBlindly(t *testing.T) {
	t.Parallel()
	t.Run("its parent is gone", func(t *testing.T) {
		t.Parallel()
		r := launchRunning(t, underSupervisor, withDependents)
		r.world.answers = func(sent) bool { return false }
		_, err := r.update(spec.VerbStop, byAlice)
		requireRefused(t, err, "supervisor is not running")
		r.requirePhase(spec.PhaseRunning)
	})
	t.Run("its parent does not answer", func(t *testing.T) {
		t.Parallel()
		r := launchRunning(t, underSupervisor, withDependents)
		r.command(spec.VerbStop, byAlice)
		r.wait(4 * time.Minute)
		require.Contains(t, r.requirePhase(spec.PhaseRunning).Refused, "no answer within 3m0s")
	})
}

// Between two runs, as in a hand-over or before a probe, a daemon has its dependents still.
func TestDaemonAsksBeforeItStopsBetweenTwoRuns(t *testing.T) {
	t.Parallel()
	r := launchRunning(t, underSupervisor, withDependents)
	r.exhaust(spec.CauseError, "boom")
	r.requirePhase(spec.PhaseProbing)
	r.command(spec.VerbStop, byAlice)
	r.signal(spec.SignalAnswer, spec.PermissionAnswer{Request: r.permissionRequest().Request, Refused: "SYNC_PUSH runs and depends on it"})
	require.Equal(t, spec.DesiredRun, r.requirePhase(spec.PhaseProbing).Desired)
}

func TestDaemonStopsWithoutAskingWhenItDoesNotRun(t *testing.T) {
	t.Parallel()
	r := launchDaemon(t, underSupervisor, withDependents, notCleared)
	r.command(spec.VerbStop, spec.Command{})
	r.requirePhase(spec.PhaseStopped)
	require.NotContains(t, r.sentNames(), spec.SignalPermission)
}

func withDependents(in *spec.DaemonInput) { in.HasDependents = true }

// permissionRequest is the question that the daemon has asked its parent.
func (r *rig) permissionRequest() spec.PermissionRequest {
	r.t.Helper()
	for _, message := range r.world.sent {
		if message.name == spec.SignalPermission {
			return message.payload.(spec.PermissionRequest)
		}
	}
	require.FailNow(r.t, "no permission was asked for", "%v", r.sentNames())
	return spec.PermissionRequest{}
}

func requireRefused(t *testing.T, err error, because string) {
	t.Helper()
	var refused *temporal.ApplicationError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, spec.ErrorRefused, refused.Type())
	require.Contains(t, refused.Message(), because)
}
