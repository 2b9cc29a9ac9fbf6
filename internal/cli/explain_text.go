package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

// why is the one sentence that an operator asks for.
func why(row spec.Daemon, info spec.Info, now time.Time) string {
	switch {
	case row.Status == spec.StatusPlanned:
		return "this build has no code for it, and nothing waits for it"
	case info.Phase == "":
		return fmt.Sprintf("it is not part of the fleet that is up: `starter up --only %s` adds it", row.Type)
	case info.FleetDown && info.Desired == spec.DesiredRun:
		return "the fleet is down: `starter up` starts it again"
	case info.FleetDown:
		return fmt.Sprintf("the fleet is down, and before that it was told to %s: `starter up` leaves it so", info.Desired)
	}
	switch info.Phase {
	case spec.PhaseStopped:
		return because("it was stopped", info.Actor, info.Reason)
	case spec.PhaseBlocked:
		return "it waits until these are ready: " + names(info.BlockedOn)
	case spec.PhaseStarting:
		return fmt.Sprintf("it runs but has not reported ready; it fails if it has not after %s", span(row.ReadyTimeout))
	case spec.PhaseRunning:
		return "it is desired, runs and has reported ready"
	case spec.PhaseRestarting:
		return "its last attempt failed; the next one comes by itself"
	case spec.PhaseProbing:
		return fmt.Sprintf("its %d restarts are used up; it gets a single try each %s until it is stable, or until `starter reset %s`",
			row.MaxRestarts, span(row.ProbeInterval), row.Type)
	case spec.PhasePaused:
		return "it is paused: " + pauses(info.Pauses, now)
	case spec.PhaseStopping:
		return fmt.Sprintf("it was told to stop and has %s to do so", span(row.StopTimeout))
	case spec.PhaseCompleted:
		return "it has done all it will ever do, which counts as ready"
	case spec.PhaseDisabled:
		return joinNonEmpty("it is not configured here", ": ", info.Reason)
	case spec.PhaseUnavailable:
		return joinNonEmpty("no worker serves its node", ": ", info.Reason)
	case spec.PhaseFailed:
		return failedBecause(row, info)
	}
	return "this starter does not know its phase: use the starter of the same version as the workers"
}

func failedBecause(row spec.Daemon, info spec.Info) string {
	switch {
	case info.Cause == spec.CauseConfig:
		return fmt.Sprintf("its configuration is wrong, so trying again is useless: correct it, then `starter restart %s`", row.Type)
	case !row.AutoRestart:
		return fmt.Sprintf("it failed and is never restarted by itself: `starter restart %s`", row.Type)
	}
	return fmt.Sprintf("it failed in a way that trying again does not cure: `starter restart %s` once it is corrected", row.Type)
}

// writeExplanation writes the sentence, then what supports it, then what comes next.
func writeExplanation(w io.Writer, answer explanation, now time.Time) {
	phase := string(answer.Phase)
	if phase == "" {
		phase = string(answer.Status)
	}
	target := control.Target{Type: answer.Daemon, Node: answer.Node}
	fmt.Fprintf(w, "%s is %s: %s\n", target, phase, oneLine(answer.Why))
	if answer.Description != "" {
		row(w, "what it is", oneLine(answer.Description))
	}
	writeHistory(w, answer, now)
	if answer.Status == spec.StatusAvailable {
		writeFuture(w, answer, now)
	}
	row(w, "depends on", names(answer.DependsOn))
	if answer.Phase == "" || answer.Phase == spec.PhaseStopped {
		return
	}
	if len(answer.StopRefusedBy) > 0 {
		row(w, "stop", "refused while these run: "+names(answer.StopRefusedBy))
	} else {
		row(w, "stop", "touches nothing else")
	}
	row(w, "restart", "its dependents keep running")
	if len(answer.CascadeReaches) > 0 {
		row(w, "--cascade", "also reaches "+names(answer.CascadeReaches))
	}
}

func writeHistory(w io.Writer, answer explanation, now time.Time) {
	if answer.Since != nil {
		row(w, "since", moment(now, *answer.Since))
	}
	if text := because(answer.Cause, answer.Actor, answer.Reason); text != "" {
		row(w, "because", text)
	}
	if answer.LastError != "" {
		row(w, "last error", oneLine(answer.LastError))
	}
	if text := unwell(answer); text != "" {
		row(w, "health", text)
	}
	if answer.Refused != "" {
		row(w, "refused", oneLine(answer.Refused))
	}
}

// unwell is what a daemon that runs says of its health, unless there is nothing to say.
func unwell(answer explanation) string {
	health := answer.Health
	if answer.Phase != spec.PhaseRunning || health.Status == "" || health.Status == spec.HealthOK && health.Message == "" {
		return ""
	}
	return oneLine(joinNonEmpty(string(health.Status), ": ", health.Message))
}

func writeFuture(w io.Writer, answer explanation, now time.Time) {
	row(w, "restarts", fmt.Sprintf("%d of %d used", answer.RestartCount, answer.MaxRestarts))
	if answer.NextTryAt != nil {
		row(w, "next try", moment(now, *answer.NextTryAt))
	}
	switch {
	case answer.ProbeInterval == 0:
		row(w, "if it fails", "it stays down until an operator starts it")
	case len(answer.ComingDelays) == 0:
		row(w, "if it fails", "it is tried once each "+lasting(answer.ProbeInterval))
	default:
		row(w, "if it fails", fmt.Sprintf("it is restarted after %s (±5 %%), in all %s; then tried once each %s",
			delayList(answer.ComingDelays), lasting(answer.GiveUpAfter), lasting(answer.ProbeInterval)))
	}
	if answer.RestartCount > 0 {
		when := fmt.Sprintf("after %s of health, or by `starter reset %s`", lasting(answer.StableAfter), answer.Daemon)
		if answer.BudgetResetAt != nil {
			when = moment(now, *answer.BudgetResetAt) + ", if it stays up"
		}
		row(w, "counter resets", when)
	}
}

// lasting is a number of seconds for people: 31s, 30m, 4h.
func lasting(seconds float64) string {
	return span(time.Duration(seconds * float64(time.Second)))
}

// delayList writes the waits one after the other, and of a long list how many more there are.
func delayList(delays []float64) string {
	var parts []string
	for i, delay := range delays {
		if i >= 8 {
			parts = append(parts, fmt.Sprintf("… (%d more)", len(delays)-i))
			break
		}
		parts = append(parts, seconds(delay))
	}
	return strings.Join(parts, ", ")
}
