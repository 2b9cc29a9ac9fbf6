package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

func (a *app) info() *cobra.Command {
	return &cobra.Command{
		Use: "info TYPE[@node]", Short: "Show everything a daemon says about itself", Args: oneTarget,
		RunE: func(command *cobra.Command, inputs []string) error {
			found, err := a.resolveNoting(command.Context(), inputs[0])
			if err != nil {
				return err
			}
			if err := available(found); err != nil {
				return err
			}
			return a.withFleet(command.Context(), func(fleet *control.Client) error {
				info, err := fleet.Info(command.Context(), found.Target)
				if err != nil {
					return err
				}
				info = info.At(a.Now())
				return a.print(info, func(w io.Writer) { writeInfo(w, info, a.Now()) })
			})
		},
		ValidArgsFunction: a.completeTypes,
	}
}

func writeInfo(w io.Writer, info spec.Info, now time.Time) {
	row(w, "daemon", control.TargetOf(info))
	row(w, "kind", info.Kind)
	row(w, "phase", info.Phase)
	row(w, "desired", info.Desired)
	row(w, "ready", info.Ready)
	row(w, "restarts", fmt.Sprintf("%d of %d", info.RestartCount, info.MaxRestarts))
	optionalRows(w, info, now)
	row(w, "health", orDash(string(info.Health.Status)), oneLine(info.Health.Message))
	for _, finding := range info.Health.Findings {
		row(w, "finding", oneLine(finding))
	}
	for _, member := range info.Members {
		row(w, "member", member.Node, member.Phase, orDash(string(member.Health.Status)))
	}
	for _, transition := range info.Transitions {
		row(w, "changed", transitionLine(transition))
	}
}

// optionalRows are those that are left out when there is nothing to say.
func optionalRows(w io.Writer, info spec.Info, now time.Time) {
	rows := []struct {
		name string
		show bool
		text func() string
	}{
		{"since", !info.Since.IsZero(), func() string { return moment(now, info.Since) }},
		{"because", info.Cause != "", func() string { return because(info.Cause, info.Actor, info.Reason) }},
		{"blocked on", len(info.BlockedOn) > 0, func() string { return names(info.BlockedOn) }},
		{"paused", len(info.Pauses) > 0, func() string { return pauses(info.Pauses, now) }},
		{"next try", !info.NextTryAt.IsZero(), func() string { return moment(now, info.NextTryAt) }},
		{"budget whole", info.RestartCount > 0 && !info.BudgetResetAt.IsZero(), func() string { return moment(now, info.BudgetResetAt) }},
		{"restarts ever", len(info.Restarts) > 0, func() string { return causes(info.Restarts) }},
		{"last error", info.LastError != "", func() string { return oneLine(info.LastError) }},
		{"refused", info.Refused != "", func() string { return oneLine(info.Refused) }},
		{"fleet", info.FleetDown, func() string { return "down, which holds this daemon whatever is desired" }},
		{"worker", info.Worker != "", func() string { return info.Worker }},
		{"epoch", info.Epoch != 0, func() string { return fmt.Sprintf("%d (attempt %d)", info.Epoch, info.Attempt) }},
	}
	for _, each := range rows {
		if each.show {
			row(w, each.name, each.text())
		}
	}
}

func transitionLine(t spec.Transition) string {
	text := fmt.Sprintf("%s %s → %s", t.At.UTC().Format(time.RFC3339), t.From, t.To)
	if t.Refused != "" {
		text = fmt.Sprintf("%s %s refused", t.At.UTC().Format(time.RFC3339), t.Refused)
	}
	if about := because(t.Cause, t.Actor, t.Reason); about != "" {
		text += ": " + about
	}
	return text
}

// because joins cause, actor and reason to a phrase: "operator, by ann@box: maintenance".
func because(cause spec.Cause, actor, reason string) string {
	text := string(cause)
	if actor != "" {
		text = joinNonEmpty(text, ", ", "by "+actor)
	}
	return joinNonEmpty(text, ": ", oneLine(reason))
}

func joinNonEmpty(left, separator, right string) string {
	if left == "" || right == "" {
		return left + right
	}
	return left + separator + right
}

func causes(restarts map[spec.Cause]int) string {
	text := ""
	for _, cause := range slices.Sorted(maps.Keys(restarts)) {
		text = joinNonEmpty(text, ", ", fmt.Sprintf("%d %s", restarts[cause], cause))
	}
	return text
}
