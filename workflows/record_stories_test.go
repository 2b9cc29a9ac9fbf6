//go:build record

package workflows_test

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// tellFleet is a fleet with a group: up, verbs by signal and update, refusals, cascades, a drain, down and up again.
func tellFleet(l *live) {
	rows := append(diamond(), perNode(row("SPREAD", "BASE")), row("ONCE"), row("ABSENT"))
	l.startNode("node-1", rows)
	l.up(rows)
	l.await("daemon/TOP", spec.PhaseRunning)
	l.await("daemon/ABSENT", spec.PhaseDisabled)
	l.await("daemon/ONCE", spec.PhaseCompleted)
	drain := l.startNode("node-2", rows)
	l.await("daemon/SPREAD@node-2", spec.PhaseRunning)

	require.Error(l.t, l.command("daemon/BASE", spec.VerbStop, spec.Command{}))
	require.Error(l.t, l.command("daemon/TOP", spec.VerbResume, spec.Command{}))
	l.signal("daemon/TOP", "explode", nil)
	l.signal("daemon/TOP", "stop", "not a command")
	require.NoError(l.t, l.client.SignalWorkflow(l.t.Context(), "daemon/TOP", "", "stop", nil))
	l.await("daemon/TOP", spec.PhaseStopped)
	l.signal("daemon/TOP", "start", spec.Command{})
	l.await("daemon/TOP", spec.PhaseRunning)
	require.NoError(l.t, l.command("daemon/TOP", spec.VerbPause, spec.Command{Reason: "disk full", For: "1s"}))
	require.NoError(l.t, l.command("daemon/TOP", spec.VerbPause, spec.Command{Reason: "upgrade"}))
	l.await("daemon/TOP", spec.PhasePaused)
	require.NoError(l.t, l.command("daemon/TOP", spec.VerbResume, spec.Command{}))
	l.await("daemon/TOP", spec.PhaseRunning)
	require.NoError(l.t, l.command("daemon/BASE", spec.VerbRestart, spec.Command{Cascade: true}))
	l.await("daemon/BASE", spec.PhaseRunning)
	require.NoError(l.t, l.command("daemon/SPREAD", spec.VerbRestart, spec.Command{}))
	require.NoError(l.t, l.command("daemon/SPREAD", spec.VerbPause, spec.Command{}))
	l.await("daemon/SPREAD", spec.PhasePaused)
	require.NoError(l.t, l.command("daemon/SPREAD", spec.VerbStart, spec.Command{}))
	l.await("daemon/SPREAD", spec.PhaseRunning)

	drain()
	l.await("daemon/SPREAD@node-2", spec.PhaseUnavailable)
	require.NoError(l.t, l.command("daemon/BASE", spec.VerbStop, spec.Command{Cascade: true}))
	l.await("daemon/BASE", spec.PhaseStopped)
	require.NoError(l.t, l.command("daemon/TOP", spec.VerbStart, spec.Command{Cascade: true}))
	l.await("daemon/TOP", spec.PhaseRunning)
	l.up(rows[:2])
	l.await("daemon/TOP", spec.PhaseStopped)
	l.up(rows)
	l.await("daemon/TOP", spec.PhaseRunning)
	require.NoError(l.t, l.update(spec.SupervisorID, spec.UpdateDown, spec.Command{}, nil))
	l.await("daemon/BASE", spec.PhaseStopped)
	l.up(rows)
	l.await("daemon/TOP", spec.PhaseRunning)
}

// tellFailures is daemons that fail: to their last attempt and into a probe, for ever, and in front of a dependent.
func tellFailures(l *live) {
	flaky := row("FLAKY")
	flaky.MaxRestarts, flaky.ProbeInterval = 2, 3*time.Second
	fragile := row("SPOILT")
	rows := []spec.Daemon{flaky, fragile, row("BEHIND", "SPOILT")}
	l.startNode("node-1", rows)
	l.up(rows)
	l.await("daemon/SPOILT", spec.PhaseFailed)
	l.await("daemon/BEHIND", spec.PhaseBlocked)
	l.await("daemon/FLAKY", spec.PhaseRestarting)
	l.await("daemon/FLAKY", spec.PhaseProbing)
	l.await("daemon/FLAKY", spec.PhaseStarting)
	l.await("daemon/FLAKY", spec.PhaseProbing)
	for _, verb := range []spec.Verb{spec.VerbReset, spec.VerbRestart, spec.VerbStop} {
		require.NoError(l.t, l.command("daemon/FLAKY", verb, spec.Command{}))
		require.NoError(l.t, l.command("daemon/SPOILT", verb, spec.Command{}))
	}
	l.await("daemon/FLAKY", spec.PhaseStopped)
	l.await("daemon/SPOILT", spec.PhaseStopped)
}

// tellHeal is children and a supervisor that somebody terminates.
func tellHeal(l *live) {
	rows := append(diamond(), perNode(row("SPREAD", "BASE")))
	l.startNode("node-1", rows)
	l.up(rows)
	l.await("daemon/TOP", spec.PhaseRunning)
	for _, id := range []string{"daemon/LEFT", "daemon/SPREAD@node-1", "daemon/SPREAD", spec.SupervisorID} {
		before := l.runID(id)
		require.NoError(l.t, l.client.TerminateWorkflow(l.t.Context(), id, "", "by the test"))
		require.Eventually(l.t, func() bool { return l.runID(id) != before }, patience, 50*time.Millisecond, "%s comes back", id)
	}
	for _, id := range []string{"daemon/LEFT", "daemon/SPREAD", "daemon/TOP"} {
		l.await(id, spec.PhaseRunning)
	}
	require.NoError(l.t, l.client.TerminateWorkflow(l.t.Context(), "daemon/TOP", "", "by the test"))
	before := l.runID("daemon/TOP")
	require.Eventually(l.t, func() bool { return l.runID("daemon/TOP") != before }, patience, 50*time.Millisecond, "healed by the guard's word")
	l.await("daemon/TOP", spec.PhaseRunning)
}

// tellContinued is a fleet that is commanded until its workflows have continued as new.
func tellContinued(l *live) {
	rows := []spec.Daemon{row("BASE"), row("LEFT", "BASE"), perNode(row("SPREAD"))}
	l.startNode("node-1", rows)
	l.up(rows)
	l.await("daemon/LEFT", spec.PhaseRunning)
	first := map[string]string{}
	for _, id := range []string{"daemon/LEFT", "daemon/SPREAD", spec.SupervisorID} {
		first[id] = l.runID(id)
	}
	for round := 0; len(first) > 0; round++ {
		require.Less(l.t, round, 60, "not continued as new: %v", first)
		for _, verb := range []spec.Verb{spec.VerbStop, spec.VerbStart, spec.VerbPause, spec.VerbResume} {
			l.signal("daemon/LEFT", string(verb), nil)
			l.signal("daemon/SPREAD", string(verb), nil)
		}
		l.await("daemon/LEFT", spec.PhaseRunning)
		l.await("daemon/SPREAD", spec.PhaseRunning)
		for id, run := range first {
			if l.runID(id) != run {
				delete(first, id)
			}
		}
	}
	for _, id := range []string{"daemon/LEFT", "daemon/SPREAD", "daemon/SPREAD@node-1"} {
		l.await(id, spec.PhaseRunning)
	}
}

// tellCompleted stops a daemon under one that waited for a completed one in between.
func tellCompleted(l *live) {
	rows := []spec.Daemon{row("BASE"), row("ONCE", "BASE"), row("TOP", "ONCE")}
	l.startNode("node-1", rows)
	l.up(rows)
	l.await("daemon/ONCE", spec.PhaseCompleted)
	l.await("daemon/TOP", spec.PhaseRunning)
	require.ErrorContains(l.t, l.command("daemon/BASE", spec.VerbStop, spec.Command{}), "TOP run and depend on it")
	require.NoError(l.t, l.command("daemon/BASE", spec.VerbStop, spec.Command{Cascade: true}))
	l.await("daemon/TOP", spec.PhaseStopped)
	l.await("daemon/BASE", spec.PhaseStopped)
}
