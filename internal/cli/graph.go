package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/spec"
)

func (a *app) graph() *cobra.Command {
	var set string
	formats := spec.GraphFormats()
	command := &cobra.Command{
		Use:   "graph [" + strings.Join(formats, "|") + "]",
		Short: "Draw who depends on whom",
		Args:  cobra.MaximumNArgs(1), ValidArgs: formats,
		RunE: func(_ *cobra.Command, inputs []string) error {
			format := formats[0]
			if len(inputs) == 1 {
				format = strings.ToLower(inputs[0])
			}
			if !slices.Contains(formats, format) {
				return usagef("unknown graph format %q: choose one of %s", format, strings.Join(formats, ", "))
			}
			registry, err := a.table()
			if err != nil {
				return err
			}
			types := registry.Types()
			if set != "" {
				if types, err = registry.Set(set); err != nil {
					return err
				}
			}
			return a.draw(registry, format, types)
		},
	}
	command.Flags().StringVar(&set, "set", "", "only this set; without it everything, deprecated names too")
	complete(command, "set", spec.SetNames()...)
	return command
}

// graphReport is what `graph -o json` prints.
type graphReport struct {
	Format string `json:"format"`
	Graph  string `json:"graph"`
}

func (a *app) draw(registry *spec.Registry, format string, types []spec.Type) error {
	if a.output != outputJSON {
		return registry.RenderGraph(a.Out, format, types)
	}
	var text strings.Builder
	if err := registry.RenderGraph(&text, format, types); err != nil {
		return err
	}
	return writeJSON(a.Out, graphReport{Format: format, Graph: text.String()}, "  ")
}

// validateReport is what `validate -o json` prints.
type validateReport struct {
	Valid      bool         `json:"valid"`
	Faults     []spec.Fault `json:"faults"`
	Daemons    int          `json:"daemons"`
	Available  []spec.Type  `json:"available"`
	Planned    []spec.Type  `json:"planned"`
	Deprecated []spec.Type  `json:"deprecated"`
	// Machines is for how many machines the settings were checked, Settings what they lack.
	Machines int            `json:"machines"`
	Settings []settingFault `json:"settings"`
}

func (a *app) validate() *cobra.Command {
	machines, files := 1, []string(nil)
	command := &cobra.Command{
		Use: "validate", Short: "Check the registry and the settings, name every fault, and what is planned",
		Long: "Checks the whole registry and names every fault. With --machines it also checks that the settings do for a\n" +
			"cluster of so many machines: they must share an event bus and a ledger. With --file it checks a file of\n" +
			"daemons instead, against the registry of this build. With faults the exit code is 1.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := exclusive(command, "file", "machines"); err != nil {
				return err
			}
			if len(files) > 0 {
				return a.validateFiles(files)
			}
			if machines < 1 {
				return usagef("--machines %d: give at least 1", machines)
			}
			return a.runValidate(machines)
		},
	}
	command.Flags().IntVar(&machines, "machines", machines, "how many machines the cluster has")
	command.Flags().StringArrayVarP(&files, "file", "f", nil, "check this `file` of daemons; a later one is laid over an earlier one")
	return command
}

func (a *app) runValidate(machines int) error {
	registry, err := a.OpenRegistry()
	var faults spec.Faults
	if err != nil && !errors.As(err, &faults) {
		return err
	}
	report := newValidateReport(registry, faults)
	report.Machines = machines
	settings := checkMachines(machines, a.Config)
	report.Settings = orEmpty([]settingFault(settings))
	if len(settings) > 0 {
		report.Valid, err = false, errors.Join(err, settings)
	}
	if err == nil || a.output == outputJSON {
		return errors.Join(a.print(report, func(w io.Writer) { writeValidate(w, report) }), err)
	}
	return err
}

func newValidateReport(registry *spec.Registry, faults spec.Faults) validateReport {
	report := validateReport{
		Valid: len(faults) == 0, Faults: orEmpty([]spec.Fault(faults)),
		Available: []spec.Type{}, Planned: []spec.Type{}, Deprecated: []spec.Type{},
	}
	if registry == nil {
		return report
	}
	for _, row := range registry.All() {
		report.Daemons++
		switch row.Status {
		case spec.StatusAvailable:
			report.Available = append(report.Available, row.Type)
		case spec.StatusPlanned:
			report.Planned = append(report.Planned, row.Type)
		case spec.StatusDeprecated:
			report.Deprecated = append(report.Deprecated, row.Type)
		}
	}
	return report
}

func writeValidate(w io.Writer, report validateReport) {
	fmt.Fprintf(w, "the registry is valid: %s\n", count(report.Daemons, "daemon type"))
	if report.Machines > 1 {
		fmt.Fprintf(w, "the settings do for %d machines\n", report.Machines)
	}
	for _, group := range []struct {
		status spec.Status
		types  []spec.Type
	}{
		{spec.StatusAvailable, report.Available}, {spec.StatusPlanned, report.Planned}, {spec.StatusDeprecated, report.Deprecated},
	} {
		fmt.Fprintf(w, "%d %s: %s\n", len(group.types), group.status, names(group.types))
	}
}
