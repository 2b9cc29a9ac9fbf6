package cli

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

// explanation answers why a daemon is as it is, and what comes next.
type explanation struct {
	Daemon spec.Type   `json:"daemon"`
	Node   string      `json:"node"`
	Status spec.Status `json:"status"`
	// Description is what a file says of it.
	Description string `json:"description"`

	Phase   spec.Phase   `json:"phase"` // empty when it is not part of the fleet that is up
	Desired spec.Desired `json:"desired"`
	Why     string       `json:"why"`
	Since   *time.Time   `json:"since"`
	Cause   spec.Cause   `json:"cause"`
	Actor   string       `json:"actor"`
	Reason  string       `json:"reason"`

	BlockedOn []spec.Type `json:"blocked_on"`
	LastError string      `json:"last_error"`
	Health    spec.Health `json:"health"`
	Refused   string      `json:"refused"`

	RestartCount int        `json:"restart_count"`
	MaxRestarts  int        `json:"max_restarts"`
	NextTryAt    *time.Time `json:"next_try_at"`
	// ComingDelays are the waits before the automatic restarts that the budget still pays for, before a jitter of ±5 %.
	ComingDelays []float64 `json:"coming_delays_seconds"`
	// GiveUpAfter is how long these waits last together; then one try comes each ProbeInterval.
	GiveUpAfter   float64    `json:"give_up_after_seconds"`
	ProbeInterval float64    `json:"probe_interval_seconds"` // zero when it is never tried again by itself
	BudgetResetAt *time.Time `json:"budget_reset_at"`
	StableAfter   float64    `json:"stability_window_seconds"`

	DependsOn []spec.Type `json:"depends_on"` // as this build starts it
	// StopRefusedBy are the live daemons that make a stop without --cascade refuse.
	StopRefusedBy []spec.Type `json:"stop_refused_by"`
	// CascadeReaches are all that a stop or restart with --cascade touches, besides the daemon itself.
	CascadeReaches []spec.Type `json:"cascade_reaches"`
}

func (a *app) explain() *cobra.Command {
	return &cobra.Command{
		Use:   "explain TYPE[@node]",
		Short: "Say why a daemon is in its phase, what comes next, and what a stop would touch",
		Args:  oneTarget,
		RunE: func(command *cobra.Command, inputs []string) error {
			found, err := a.resolveNoting(command.Context(), inputs[0])
			if err != nil {
				return err
			}
			answer, err := a.ask(command.Context(), found)
			if err != nil {
				return err
			}
			return a.print(answer, func(w io.Writer) { writeExplanation(w, answer, a.Now()) })
		},
		ValidArgsFunction: a.completeTypes,
	}
}

// ask collects what the registry knows of a daemon and, unless it is only planned, what the fleet does.
func (a *app) ask(ctx context.Context, found named) (explanation, error) {
	registry, err := a.tableFor(ctx, string(found.Type))
	if err != nil {
		return explanation{}, err
	}
	if found.row.Status == spec.StatusPlanned {
		return explain(registry, found, spec.Info{}, nil, a.Now()), nil
	}
	var answer explanation
	err = a.withFleet(ctx, func(fleet *control.Client) error {
		status, err := a.look(ctx, fleet)
		if err != nil {
			return err
		}
		info, err := fleet.Info(ctx, found.Target)
		if is[*control.UnknownDaemonError](err) {
			info = rowOf(status, found.Target) // blocked, or not part of the fleet
			if found.Node == "" || info.Phase != "" {
				err = nil // a copy that is nowhere has nothing to explain
			}
		}
		if err != nil {
			return err
		}
		if row := rowOf(status, found.Target); row.Phase == spec.PhaseBlocked {
			info = row
		}
		answer = explain(registry, found, info.At(a.Now()), status.Daemons, a.Now())
		return nil
	})
	return answer, err
}

func rowOf(status spec.FleetStatus, target control.Target) spec.Info {
	for _, info := range status.Daemons {
		if control.TargetOf(info) == target {
			return info
		}
	}
	return spec.Info{Daemon: target.Type, Node: target.Node}
}

// explain is a pure function of what is known.
func explain(registry *spec.Registry, found named, info spec.Info, fleet []spec.Info, now time.Time) explanation {
	row := found.row
	answer := explanation{
		Daemon: row.Type, Node: found.Node, Status: row.Status, Phase: info.Phase, Desired: info.Desired,
		Why: why(row, info, now), Since: optional(info.Since), Cause: info.Cause, Actor: info.Actor, Reason: info.Reason,
		BlockedOn: orEmpty(info.BlockedOn), LastError: info.LastError, Health: info.Health, Refused: info.Refused,
		RestartCount: info.RestartCount, MaxRestarts: row.MaxRestarts, NextTryAt: optional(info.NextTryAt),
		ComingDelays: []float64{}, BudgetResetAt: optional(info.BudgetResetAt), StableAfter: row.StabilityWindow.Seconds(),
		DependsOn: orEmpty(registry.Dependencies(row.Type)),
	}
	if row.Program != nil {
		answer.Description = row.Program.Description
	}
	if row.AutoRestart {
		answer.ProbeInterval = row.ProbeInterval.Seconds()
		for _, delay := range delays(row, info.RestartCount) {
			answer.ComingDelays = append(answer.ComingDelays, delay.Seconds())
			answer.GiveUpAfter += delay.Seconds()
		}
	}
	answer.StopRefusedBy = dependents(registry, row.Type, fleet)
	answer.CascadeReaches = answer.StopRefusedBy
	return answer
}

// delays are the waits before the restarts that are left.
func delays(daemon spec.Daemon, spent int) []time.Duration {
	var waits []time.Duration
	for n := spent + 1; n <= daemon.MaxRestarts; n++ {
		waits = append(waits, daemon.RestartDelay(n))
	}
	return waits
}

// dependents returns the live daemons that need a type, directly or through others that are live or have completed:
// those that the supervisor asks about.
func dependents(registry *spec.Registry, name spec.Type, fleet []spec.Info) []spec.Type {
	live, leads := map[spec.Type]bool{}, map[spec.Type]bool{}
	for _, info := range fleet {
		live[info.Daemon] = live[info.Daemon] || info.Phase.Live()
		leads[info.Daemon] = leads[info.Daemon] || info.Phase.Live() || info.Phase == spec.PhaseCompleted
	}
	reached := map[spec.Type]bool{name: true}
	for queue := []spec.Type{name}; len(queue) > 0; queue = queue[1:] {
		for _, next := range registry.Dependents(queue[0]) {
			if leads[next] && !reached[next] {
				reached[next] = true
				queue = append(queue, next)
			}
		}
	}
	return keep(registry.Types(), func(t spec.Type) bool { return t != name && reached[t] && live[t] })
}

func keep(types []spec.Type, wanted func(spec.Type) bool) []spec.Type {
	return orEmpty(slices.DeleteFunc(types, func(t spec.Type) bool { return !wanted(t) }))
}
