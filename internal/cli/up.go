package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
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
}

type upFlags struct {
	set     string
	only    []string
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
			"operator has stopped stay stopped. What is planned but not written yet is named and not started.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := exclusive(command, "set", "only"); err != nil {
				return err
			}
			return a.runUp(command.Context(), flags)
		},
	}
	command.Flags().StringVar(&flags.set, "set", spec.SetFull, "set of daemons: "+names(spec.SetNames()))
	command.Flags().StringSliceVar(&flags.only, "only", nil, "these daemons instead of a set, separated by commas")
	command.Flags().BoolVar(&flags.allow, "allow-deprecated", false, "accept deprecated names in --only: their replacements are started")
	addWait(command, &flags.wait, &flags.timeout)
	complete(command, "set", spec.SetNames()...)
	return command
}

func (a *app) runUp(ctx context.Context, flags upFlags) error {
	request, err := a.plan(flags)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, flags.timeout)
	defer cancel()
	return a.withFleet(ctx, func(fleet *control.Client) error {
		if request.Installation, err = installation(a.Config.SharedDir()); err != nil {
			return err
		}
		report, err := a.raise(ctx, fleet, request)
		for flags.wait && is[*control.NoWorkerError](err) && ctx.Err() == nil { // right after a start or a crash they may be busy
			fmt.Fprintln(a.Err, err)
			report, err = a.raise(ctx, fleet, request)
		}
		if err != nil {
			return unanswered(err, flags.timeout, "starter status")
		}
		var notReady error
		if flags.wait {
			notReady = a.await(ctx, fleet, nil, flags.timeout) // not those that the operator has stopped
			report.Ready = notReady == nil
		}
		if err := a.print(report, func(w io.Writer) { writeUp(w, report) }); err != nil {
			return err
		}
		return notReady
	})
}

// plan turns the flags into what is asked of the supervisor.
func (a *app) plan(flags upFlags) (spec.UpRequest, error) {
	registry, err := a.table()
	if err != nil {
		return spec.UpRequest{}, err
	}
	types, err := a.asked(registry, flags)
	if err != nil {
		return spec.UpRequest{}, err
	}
	run, planned, err := registry.Plan(types)
	if err != nil {
		return spec.UpRequest{}, err
	}
	if len(run) == 0 {
		return spec.UpRequest{}, refusef("nothing to start: %s planned, and this build has no code for it", names(planned))
	}
	return spec.UpRequest{Daemons: run, Planned: planned}, nil
}

func (a *app) asked(registry *spec.Registry, flags upFlags) ([]spec.Type, error) {
	if len(flags.only) == 0 {
		return registry.Set(flags.set)
	}
	var types []spec.Type
	for _, input := range flags.only {
		found, err := a.resolve(input)
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

// raise asks for the plan and says whether it ran already.
func (a *app) raise(ctx context.Context, fleet *control.Client, request spec.UpRequest) (upReport, error) {
	report := upReport{Installation: request.Installation, Fleet: string(spec.FleetUp), Planned: orEmpty(request.Planned)}
	for _, row := range request.Daemons {
		report.Daemons = append(report.Daemons, row.Type)
	}
	if err := fleet.EnsureSearchAttributes(ctx); err != nil {
		return report, err
	}
	before, err := fleet.Status(ctx)
	if err != nil && !is[*control.NotUpError](err) {
		return report, err
	}
	report.AlreadyUp = before.Fleet == spec.FleetUp && sameTypes(before.Daemons, report.Daemons)
	_, err = fleet.Up(ctx, request)
	return report, err
}

func sameTypes(rows []spec.Info, types []spec.Type) bool {
	have := map[spec.Type]bool{}
	for _, row := range rows {
		have[row.Daemon] = true
	}
	return len(have) == len(types) && !slices.ContainsFunc(types, func(t spec.Type) bool { return !have[t] })
}

func writeUp(w io.Writer, report upReport) {
	verb := "asked for"
	switch {
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
