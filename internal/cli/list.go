package cli

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/spec"
)

// listRow is one row of `list -o json`.
type listRow struct {
	Type              spec.Type     `json:"type"`
	Category          spec.Category `json:"category"`
	Runner            string        `json:"runner"`
	DependsOn         []spec.Type   `json:"depends_on"`
	Interval          float64       `json:"health_check_interval_seconds"`
	EffectiveInterval float64       `json:"effective_health_check_interval_seconds"`
	AutoRestart       bool          `json:"auto_restart"`
	MaxRestarts       int           `json:"max_restarts"`
	Critical          bool          `json:"critical"`
	Deprecated        bool          `json:"deprecated"`
	DeprecatedMessage string        `json:"deprecated_message"`
	Replacement       spec.Type     `json:"replacement"` // the next name; resolves_to is the last
	ResolvesTo        spec.Type     `json:"resolves_to"` // what runs: the daemon itself unless deprecated
	Scope             spec.Scope    `json:"scope"`
	StartupPosition   int           `json:"startup_position"`
	Status            spec.Status   `json:"status"`
	Added             bool          `json:"added"`
}

type listFlags struct {
	category        string
	deprecated, all bool
}

func (a *app) list() *cobra.Command {
	var flags listFlags
	command := &cobra.Command{
		Use:   "list",
		Short: "List the registry: what there is, what is planned, what is deprecated",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := exclusive(command, "deprecated", "all"); err != nil {
				return err
			}
			registry, err := a.table()
			if err != nil {
				return err
			}
			if flags.all || flags.category != "" && !isCategory(registry, flags.category) {
				registry = a.inForce(command.Context(), registry, askForList)
			}
			rows, err := choose(registry, flags)
			if err != nil {
				return err
			}
			list, err := listRows(registry, rows)
			if err != nil {
				return err
			}
			return a.print(list, func(w io.Writer) { writeList(w, list) })
		},
	}
	command.Flags().StringVar(&flags.category, "category", "", "only this category: "+names(spec.Categories())+", or one of the file of daemons that is in force")
	command.Flags().BoolVar(&flags.deprecated, "deprecated", false, "only deprecated names")
	command.Flags().BoolVar(&flags.all, "all", false, "deprecated names too, and the daemons of the file that is in force, if a fleet answers")
	complete(command, "category", categoryNames()...)
	return command
}

func choose(registry *spec.Registry, flags listFlags) ([]spec.Daemon, error) {
	rows := registry.All()
	if flags.category != "" {
		if !isCategory(registry, flags.category) {
			return nil, unknownCategory(registry, flags.category)
		}
		rows = registry.ByCategory(spec.Category(strings.ToLower(flags.category)))
	}
	return slices.DeleteFunc(rows, func(row spec.Daemon) bool {
		return !flags.all && row.Deprecated != flags.deprecated
	}), nil
}

// categories are those of the reference, and then those of command daemons.
func categories(registry *spec.Registry) []spec.Category {
	all := spec.Categories()
	for _, category := range registry.Categories() {
		if !slices.Contains(all, category) {
			all = append(all, category)
		}
	}
	return all
}

func unknownCategory(registry *spec.Registry, text string) error {
	return usagef("unknown category %q: choose one of %s", text, names(categories(registry)))
}

func isCategory(registry *spec.Registry, text string) bool {
	return slices.Contains(categories(registry), spec.Category(strings.ToLower(text)))
}

func listRows(registry *spec.Registry, rows []spec.Daemon) ([]listRow, error) {
	list := []listRow{}
	for _, row := range rows {
		target, _, err := registry.Resolve(row.Type)
		if err != nil {
			return nil, err
		}
		list = append(list, listRow{
			Type: row.Type, Category: row.Category, Runner: row.Runner, DependsOn: orEmpty(row.DependsOn),
			Interval: row.HealthCheckInterval.Seconds(), EffectiveInterval: row.EffectiveHealthCheckInterval().Seconds(),
			AutoRestart: row.AutoRestart, MaxRestarts: row.MaxRestarts, Critical: row.Critical,
			Deprecated: row.Deprecated, DeprecatedMessage: row.DeprecatedMessage, Replacement: row.Replacement,
			ResolvesTo: target.Type, Scope: row.Scope, StartupPosition: row.StartupPosition, Status: row.Status, Added: row.Added,
		})
	}
	return list, nil
}

func writeList(w io.Writer, list []listRow) {
	row(w, "DAEMON", "CATEGORY", "STATUS", "SCOPE", "CRITICAL", "INTERVAL", "RESTARTS", "DEPENDS ON")
	for _, each := range list {
		needs := names(each.DependsOn)
		if each.Deprecated {
			needs = "use " + string(each.ResolvesTo)
		}
		critical := "-"
		if each.Critical {
			critical = "critical"
		}
		row(w, each.Type, each.Category, each.Status, each.Scope, critical, seconds(each.EffectiveInterval), restarts(each), needs)
	}
}

func restarts(each listRow) any {
	if !each.AutoRestart {
		return "never"
	}
	return each.MaxRestarts
}

func categoryNames() []string {
	var texts []string
	for _, category := range spec.Categories() {
		texts = append(texts, string(category))
	}
	return texts
}
