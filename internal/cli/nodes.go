package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

// nodesReport is what `nodes -o json` prints.
type nodesReport struct {
	Nodes []nodeRow `json:"nodes"`
}

type nodeRow struct {
	ID       string      `json:"id"`
	Roles    []spec.Role `json:"roles"` // empty means all
	Identity string      `json:"identity"`
	Daemons  []string    `json:"daemons"` // what runs there now, as TYPE or TYPE@node
}

func (a *app) nodes() *cobra.Command {
	command := &cobra.Command{
		Use: "nodes", Short: "List the nodes, their roles and what runs on them", Args: cobra.NoArgs,
		Long: `Without a subcommand, lists the workers that the supervisor knows and the daemons they run. The subcommands work on
the ledger's record of each node: its health and capacity, and what operators want of it.`,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.withFleet(command.Context(), func(fleet *control.Client) error {
				status, err := fleet.Status(command.Context())
				if err != nil {
					return err
				}
				report := newNodesReport(status)
				return a.print(report, func(w io.Writer) { writeNodes(w, report) })
			})
		},
	}
	command.AddCommand(a.nodeVerbs()...)
	return command
}

func newNodesReport(status spec.FleetStatus) nodesReport {
	hosted := map[string][]string{}
	for _, info := range flatten(status.Daemons) {
		if info.Worker != "" && info.Kind != spec.KindGroup {
			hosted[info.Worker] = append(hosted[info.Worker], control.TargetOf(info).String())
		}
	}
	report := nodesReport{Nodes: []nodeRow{}}
	for _, node := range status.Nodes {
		report.Nodes = append(report.Nodes, nodeRow{
			ID: node.ID, Roles: orEmpty(node.Roles), Identity: node.Identity, Daemons: orEmpty(hosted[node.Identity]),
		})
	}
	return report
}

func writeNodes(w io.Writer, report nodesReport) {
	row(w, "NODE", "ROLES", "WORKER", "DAEMONS")
	for _, node := range report.Nodes {
		roles := names(node.Roles)
		if len(node.Roles) == 0 {
			roles = "all"
		}
		row(w, node.ID, roles, orDash(node.Identity), names(node.Daemons))
	}
}
