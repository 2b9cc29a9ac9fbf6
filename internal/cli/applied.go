package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/daemonfile"
	"github.com/ringrift/orchestrator/internal/spec"
)

// The question which file of daemons is in force is bounded: where a name is looked up, where what there is is listed,
// and where somebody waits for the completion of a word.
const (
	askFleet        = 5 * time.Second
	askForList      = 2 * time.Second
	askForCompleted = 500 * time.Millisecond
)

// tableFor returns the registry that knows a name: this build's, or with the daemons of the file that is in force if
// the build has no code for the name. Where no fleet can be asked it is this build's.
func (a *app) tableFor(ctx context.Context, name string) (*spec.Registry, error) {
	registry, err := a.table()
	if err != nil {
		return nil, err
	}
	if row, err := registry.Find(name); err == nil && row.Status != spec.StatusPlanned {
		return registry, nil
	}
	return a.inForce(ctx, registry, askFleet), nil
}

// inForce is the registry with the command daemons of the fleet, whatever this build would make of their file; without
// them where no fleet answers in time.
func (a *app) inForce(ctx context.Context, registry *spec.Registry, limit time.Duration) *spec.Registry {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	_ = a.withFleet(ctx, func(fleet *control.Client) error { // who has no fleet has no file in force
		now, err := fleet.Plan(ctx)
		if err != nil {
			return err
		}
		composed, err := daemonfile.Compose(registry, commands(now.Request.Daemons))
		if err == nil {
			registry = composed
		}
		return err
	})
	return registry
}

// commands are the rows that have a program.
func commands(rows []spec.Daemon) []spec.Daemon {
	return slices.DeleteFunc(rows, func(row spec.Daemon) bool { return row.Program == nil })
}

func (a *app) applied() *cobra.Command {
	command := &cobra.Command{
		Use:   "applied",
		Short: "Show the file of daemons that is in force, and go back to the one before",
		Args:  cobra.NoArgs,
		RunE:  func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(a.appliedShow(), a.appliedRestore())
	return command
}

func (a *app) appliedShow() *cobra.Command {
	var before bool
	command := &cobra.Command{
		Use:   "show",
		Short: "Print the file that is in force, with all it includes, as YAML",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.withFleet(command.Context(), func(fleet *control.Client) error {
				file, err := kept(command.Context(), fleet, before)
				if err != nil {
					return err
				}
				return a.print(file, func(w io.Writer) {
					fmt.Fprintf(w, "# applied %s by %s from %s\n%s", file.At.Format(time.RFC3339), or(file.Actor, "somebody"), names(file.From), file.Text)
				})
			})
		},
	}
	command.Flags().BoolVar(&before, "before", false, "the file that was in force before it")
	return command
}

func (a *app) appliedRestore() *cobra.Command {
	flags := upFlags{}
	command := &cobra.Command{
		Use:   "restore",
		Short: "Put the file before in force again, as `up --file` does",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			registry, err := a.table()
			if err != nil {
				return err
			}
			return a.carryOut(command.Context(), flags.timeout, func(ctx context.Context, fleet *control.Client) (wish, error) {
				file, err := kept(ctx, fleet, true)
				if err != nil {
					return wish{}, err
				}
				again := *file
				again.At, again.Actor = a.Now().UTC(), a.Config.Operator
				return wish{upFlags: flags, registry: registry, applied: &again}, nil
			})
		},
	}
	command.Flags().BoolVar(&flags.dryRun, "dry-run", false, "show what would change, and change nothing")
	addWait(command, &flags.wait, &flags.timeout)
	return command
}

// kept is the file that the supervisor keeps: the one in force, or the one before.
func kept(ctx context.Context, fleet *control.Client, before bool) (*spec.Applied, error) {
	now, err := fleet.Plan(ctx)
	if err != nil {
		return nil, err
	}
	file, which := now.Request.Applied, "no file of daemons is in force: apply one with `starter up --file`"
	if before {
		file, which = now.Before, "no other file of daemons was in force before this one"
	}
	if file == nil {
		return nil, refusef("%s", which)
	}
	return file, nil
}
