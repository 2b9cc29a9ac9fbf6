package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// statusFrame is how many lines there are around the rows: the head, the summary, and one that tells of more.
const statusFrame = 3

// writeStatus writes the table of the fleet and one line about it, with at most so many rows; a negative number means all.
func writeStatus(w io.Writer, status spec.FleetStatus, now time.Time, most int) {
	rows := status.Daemons
	if most >= 0 && most < len(rows) {
		rows = rows[:most]
	}
	row(w, "DAEMON", "PHASE", "DESIRED", "RESTARTS", "SINCE", "HEALTH", "NOTE")
	for _, info := range rows {
		row(w, rowName(info), info.Phase, info.Desired, info.RestartCount, age(now, info.Since),
			orDash(string(info.Health.Status)), orDash(note(info, now)))
	}
	fmt.Fprintln(w, summaryLine(summarize(status)))
	if more := len(status.Daemons) - len(rows); more > 0 {
		fmt.Fprintf(w, "… %d more: a larger screen shows them, or status without --watch\n", more)
	}
}

// rowName sets a member under its group.
func rowName(info spec.Info) string {
	if info.Kind == spec.KindMember {
		return "  @" + info.Node
	}
	return string(info.Daemon)
}

// note is the one thing an operator should know of a row.
func note(info spec.Info, now time.Time) string {
	switch {
	case info.Phase == spec.PhaseBlocked && len(info.BlockedOn) > 0:
		return "on " + names(info.BlockedOn)
	case info.Phase == spec.PhaseRestarting || info.Phase == spec.PhaseProbing:
		return fmt.Sprintf("next try in %s: %s", span(info.NextTryAt.Sub(now)), oneLine(info.LastError))
	case info.Phase == spec.PhaseFailed:
		return oneLine(firstOf(info.LastError, info.Reason))
	case info.Phase == spec.PhasePaused:
		return pauses(info.Pauses, now)
	case info.Phase == spec.PhaseDisabled || info.Phase == spec.PhaseUnavailable:
		return oneLine(info.Reason)
	case info.Refused != "":
		return "refused: " + oneLine(info.Refused)
	}
	return oneLine(info.Health.Message)
}

// pauses lists the reasons of a pause and when each ends.
func pauses(held map[string]time.Time, now time.Time) string {
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(held)) {
		until := "until resumed"
		if !held[reason].IsZero() {
			until = "for another " + span(held[reason].Sub(now))
		}
		parts = append(parts, reason+", "+until)
	}
	return strings.Join(parts, "; ")
}

func summaryLine(summary statusSummary) string {
	text := fmt.Sprintf("fleet %s: %d of %d ready", summary.Fleet, summary.Ready, summary.Total)
	for _, phase := range slices.Sorted(maps.Keys(summary.Phases)) {
		if phase != spec.PhaseRunning {
			text += fmt.Sprintf(", %d %s", summary.Phases[phase], phase)
		}
	}
	text += ", " + count(summary.Nodes, "node")
	if len(summary.Planned) > 0 {
		text += fmt.Sprintf("; %d planned, not written yet", len(summary.Planned))
	}
	return text
}

// oneLine shortens a text of any origin to what fits a table, without characters that control a screen.
func oneLine(text string) string {
	const limit = 120
	clean := strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
	if runes := []rune(clean); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return clean
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
