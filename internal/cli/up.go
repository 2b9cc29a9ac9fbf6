package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

// defaultWait bounds every --wait without a --timeout.
const defaultWait = time.Minute

// upReport is what `up -o json` prints.
type upReport struct {
	Installation string      `json:"installation"`
	Fleet        string      `json:"fleet"`
	AlreadyUp    bool        `json:"already_up"`
	Daemons      []spec.Type `json:"daemons"`
	Planned      []spec.Type `json:"planned"`
	Ready        bool        `json:"ready"` // known only after --wait
	DryRun       bool        `json:"dry_run,omitempty"`
	// Changes are what is different from the plan in force; Unchanged counts the other daemons.
	Changes   []change `json:"changes"`
	Unchanged int      `json:"unchanged"`
}

type upFlags struct {
	set     string
	only    []string
	files   []string
	dryRun  bool
	allow   bool
	wait    bool
	timeout time.Duration
}

func (a *app) up() *cobra.Command {
	var flags upFlags
	command := &cobra.Command{
		Use:   "up",
		Short: "Make the fleet exactly these daemons, with all they depend on, and start it",
		Long: "Makes the fleet exactly the daemons of a set, or those named, with all they depend on. Daemons that the\n" +
			"operator has stopped stay stopped. What is planned but not written yet is named and not started.\n\n" +
			"With --file the daemons of a file (docs/daemons.md) take the place of those of the file before; unless --set\n" +
			"or --only says otherwise, the other daemons stay as they are. What changes is shown first, and only that is\n" +
			"touched: a daemon whose program has changed is restarted, an unchanged file changes nothing. Without --file\n" +
			"the file that was applied last stays in force (starter applied).",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := exclusive(command, "set", "only"); err != nil {
				return err
			}
			chosen := command.Flags().Changed("set") || command.Flags().Changed("only")
			return a.runUp(command.Context(), flags, chosen || len(flags.files) == 0)
		},
	}
	command.Flags().StringVar(&flags.set, "set", spec.SetFull, "set of daemons: "+names(spec.SetNames()))
	command.Flags().StringSliceVar(&flags.only, "only", nil, "these daemons instead of a set, separated by commas")
	command.Flags().StringArrayVarP(&flags.files, "file", "f", nil, "`file` of command daemons; a later one is laid over an earlier one")
	command.Flags().BoolVar(&flags.dryRun, "dry-run", false, "show what would change, and change nothing")
	command.Flags().BoolVar(&flags.allow, "allow-deprecated", false, "accept deprecated names in --only: their replacements are started")
	addWait(command, &flags.wait, &flags.timeout)
	complete(command, "set", spec.SetNames()...)
	return command
}

// runUp finds out what is asked before it connects. choose says that a set or names decide about the daemons that are
// in no file; otherwise those stay as they are.
func (a *app) runUp(ctx context.Context, flags upFlags, choose bool) error {
	asked, err := a.wish(ctx, flags, choose)
	if err != nil {
		return err
	}
	return a.carryOut(ctx, flags.timeout, func(context.Context, *control.Client) (wish, error) { return asked, nil })
}

// carryOut brings the fleet to what is wished, within a time, and tells.
func (a *app) carryOut(ctx context.Context, timeout time.Duration, wished func(context.Context, *control.Client) (wish, error)) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return a.withFleet(ctx, func(fleet *control.Client) error {
		asked, err := wished(ctx, fleet)
		if err != nil {
			return err
		}
		report, err := a.raise(ctx, fleet, asked)
		for asked.wait && is[*control.NoWorkerError](err) && ctx.Err() == nil { // right after a start or a crash they may be busy
			fmt.Fprintln(a.Err, err)
			report, err = a.raise(ctx, fleet, asked)
		}
		if err != nil {
			return unanswered(err, timeout, "starter status")
		}
		var notReady error
		if asked.wait && !asked.dryRun {
			notReady = a.await(ctx, fleet, nil, timeout) // not those that the operator has stopped
			report.Ready = notReady == nil
		}
		if err := a.print(report, func(w io.Writer) { writeUp(w, report) }); err != nil {
			return err
		}
		return notReady
	})
}

func (a *app) asked(ctx context.Context, registry *spec.Registry, flags upFlags) ([]spec.Type, error) {
	if len(flags.only) == 0 {
		return registry.Set(flags.set)
	}
	var types []spec.Type
	for _, input := range flags.only {
		found, err := a.resolve(ctx, input)
		if err != nil {
			return nil, err
		}
		if found.Node != "" {
			return nil, usagef("--only %s: name a type, not one node's copy of it", input)
		}
		if err := a.migrate(found, flags.allow, withParams(found.params)); err != nil {
			return nil, err
		}
		types = append(types, found.asked.Type)
	}
	return types, nil
}

func writeUp(w io.Writer, report upReport) {
	verb := "asked for"
	switch {
	case report.DryRun:
		verb = "would be the fleet"
	case report.Ready && report.AlreadyUp:
		verb = "up already, and ready"
	case report.Ready:
		verb = "up and ready"
	case report.AlreadyUp:
		verb = "up already"
	}
	fmt.Fprintf(w, "%s %s: %s\n", count(len(report.Daemons), "daemon"), verb, names(report.Daemons))
	if len(report.Planned) > 0 {
		fmt.Fprintf(w, "%d planned, not written yet: `starter list` shows them\n", len(report.Planned))
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// orEmpty makes a list that JSON shows as [] and never as null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
