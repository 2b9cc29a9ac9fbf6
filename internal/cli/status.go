package cli

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

// statusReport is what `status -o json` prints.
type statusReport struct {
	Daemons []statusRow   `json:"daemons"`
	Summary statusSummary `json:"summary"`
}

// statusRow is one daemon, group or member. Members follow their group.
type statusRow struct {
	Daemon       spec.Type    `json:"daemon"`
	Node         string       `json:"node"`
	Kind         spec.Kind    `json:"kind"`
	Phase        spec.Phase   `json:"phase"`
	Desired      spec.Desired `json:"desired"`
	Ready        bool         `json:"ready"`
	RestartCount int          `json:"restart_count"`
	Epoch        int64        `json:"epoch"`
	Since        *time.Time   `json:"since"`
	LastError    string       `json:"last_error"`
	BlockedOn    []spec.Type  `json:"blocked_on"`
	NextTryAt    *time.Time   `json:"next_try_at"`
	Health       healthRow    `json:"health"`
}

// healthRow is a health report in which what was never measured is unknown, and has no time.
type healthRow struct {
	Status   spec.HealthStatus `json:"status"`
	Message  string            `json:"message,omitempty"`
	Findings []string          `json:"findings,omitempty"`
	Details  map[string]any    `json:"details,omitempty"`
	At       *time.Time        `json:"at"`
}

// statusSummary counts daemons and groups, not the members of groups.
type statusSummary struct {
	Fleet        spec.FleetState    `json:"fleet"`
	Installation string             `json:"installation"`
	Total        int                `json:"total"`
	Ready        int                `json:"ready"`
	Phases       map[spec.Phase]int `json:"phases"`
	Nodes        int                `json:"nodes"`
	Planned      []spec.Type        `json:"planned"`
}

func (a *app) status() *cobra.Command {
	var watch bool
	command := &cobra.Command{
		Use:   "status",
		Short: "Show the phase, the health and the trouble of every daemon",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.withFleet(command.Context(), func(fleet *control.Client) error {
				if watch {
					return a.watch(command.Context(), fleet)
				}
				status, err := a.look(command.Context(), fleet)
				if err != nil {
					return err
				}
				return a.print(newStatusReport(status), func(w io.Writer) { writeStatus(w, status, a.Now(), -1) })
			})
		},
	}
	command.Flags().BoolVarP(&watch, "watch", "w", false, "keep showing what fits the screen; lines of changes where the output is no screen")
	return command
}

// look returns the fleet as it is now, with every member as a row of its own.
func (a *app) look(ctx context.Context, fleet *control.Client) (spec.FleetStatus, error) {
	status, err := fleet.Status(ctx)
	if err != nil {
		return status, err
	}
	status.Daemons = flatten(status.Daemons)
	for i, info := range status.Daemons {
		status.Daemons[i] = info.At(a.Now())
	}
	return status, nil
}

// flatten lists the members of a group behind it, each once.
func flatten(rows []spec.Info) []spec.Info {
	var flat []spec.Info
	listed := map[control.Target]bool{}
	for _, info := range rows {
		for _, each := range append([]spec.Info{info}, info.Members...) {
			if target := control.TargetOf(each); !listed[target] {
				listed[target] = true
				flat = append(flat, each)
			}
		}
	}
	return flat
}

func newStatusReport(status spec.FleetStatus) statusReport {
	report := statusReport{Daemons: []statusRow{}, Summary: summarize(status)}
	for _, info := range status.Daemons {
		report.Daemons = append(report.Daemons, statusRow{
			Daemon: info.Daemon, Node: info.Node, Kind: info.Kind, Phase: info.Phase, Desired: info.Desired,
			Ready: info.Ready, RestartCount: info.RestartCount, Epoch: info.Epoch, Since: optional(info.Since),
			LastError: info.LastError, BlockedOn: orEmpty(info.BlockedOn), NextTryAt: optional(info.NextTryAt), Health: newHealthRow(info.Health),
		})
	}
	return report
}

func newHealthRow(health spec.Health) healthRow {
	if health.Status == "" {
		health.Status = spec.HealthUnknown
	}
	return healthRow{Status: health.Status, Message: health.Message, Findings: health.Findings, Details: health.Details, At: optional(health.At)}
}

func summarize(status spec.FleetStatus) statusSummary {
	summary := statusSummary{
		Fleet: status.Fleet, Installation: status.Installation, Phases: map[spec.Phase]int{},
		Nodes: len(status.Nodes), Planned: orEmpty(status.Planned),
	}
	for _, info := range status.Daemons {
		if info.Kind == spec.KindMember {
			continue
		}
		summary.Total++
		summary.Phases[info.Phase]++
		if info.Ready {
			summary.Ready++
		}
	}
	return summary
}
