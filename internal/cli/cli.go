package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// System is everything the commands use of the world. The settings it opens things with are those of
// Config with the command's flags over them.
type System struct {
	Config Config
	// OpenRegistry returns the registry, or every fault that it has.
	OpenRegistry func() (*spec.Registry, error)
	OpenControl  func(context.Context, Config) (*control.Client, error)
	OpenBus      func(Config) (*bus.Client, error)
	// OpenLedger returns ErrNoLedger where no worker has made one yet.
	OpenLedger func(context.Context, Config) (*ledger.Ledger, error)
	In         io.Reader
	Out, Err   io.Writer
	// Terminal says that Out is a screen, which may be redrawn; Screen is its size in characters, nil or zero if unknown.
	Terminal bool
	Screen   func() (columns, lines int)
	Now      func() time.Time
	// Commands are mounted beside those of this package.
	Commands []*cobra.Command
}

// ErrNoLedger says that there is no ledger to open.
var ErrNoLedger = errors.New("no ledger yet")

// app is one run of the command line.
type app struct {
	System
	output   string
	registry *spec.Registry
	// running is set once the arguments are understood: what fails then is not a usage error.
	running bool
}

// Execute runs one command line and returns its exit code. The error, if any, is told on system.Err.
func Execute(ctx context.Context, system System, arguments []string) int {
	a := &app{System: system}
	root := a.root()
	root.SetArgs(arguments)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return ExitDone
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(system.Err, "starter: interrupted; what was asked may still be carried out")
		return ExitFailed
	}
	fmt.Fprintln(system.Err, "starter:", err)
	if !a.running {
		fmt.Fprintf(system.Err, "Run `%s --help` for its flags and commands.\n", command.CommandPath())
		return ExitUsage
	}
	return exitCode(err)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "starter",
		Short: "Bring the daemons up, look at them, and tell them what to do",
		Long: `starter commands the daemons of a self-play training cluster, which run as Temporal workflows.

Begin with ` + "`starter status`" + `, and with ` + "`starter explain TYPE`" + ` where something is wrong.
TYPE is the name of a daemon, in any case; TYPE@node is one node's copy of it.
Exit codes: 0 done, 1 failed, or a check has found faults, 2 wrong usage, an unknown name or a file that cannot be read,
3 not ready in time, 4 refused.`,
		SilenceErrors: true, SilenceUsage: true,
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
		PersistentPreRunE: func(command *cobra.Command, _ []string) error {
			return errors.Join(a.checkOutput(), checkGiven(command))
		},
	}
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	a.Config.bind(root.PersistentFlags())
	root.PersistentFlags().StringVarP(&a.output, "output", "o", outputText, "text or json")
	complete(root, "output", outputText, outputJSON)
	root.SetUsageTemplate(root.UsageTemplate() + "{{if not .HasParent}}\n" + environmentHelp() + "\n{{end}}")
	groups := []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"fleet", "The fleet:", []*cobra.Command{a.up(), a.applied(), a.down(), a.status(), a.top(), a.wait(), a.nodes()}},
		{"daemon", "One daemon:", append(a.verbs(), a.info(), a.explain(), a.criticalChain(), a.logs())},
		{"registry", "The registry (no server needed):", []*cobra.Command{a.list(), a.graph(), a.validate(), a.init(), a.imports()}},
		{"loop", "The training loop:", []*cobra.Command{a.loop(), a.models(), a.ratings()}},
		{"work", "Work:", []*cobra.Command{a.jobs(), a.data()}},
		{"workload", "Workloads (no server needed):", []*cobra.Command{a.workload()}},
		{"config", "Thresholds (no server needed):", []*cobra.Command{a.config()}},
		{"keep", "Keep and restore:", []*cobra.Command{a.backup(), a.restore(), a.retention()}},
		{"events", "Events:", []*cobra.Command{a.events(), a.publish(), a.fence()}},
	}
	for _, group := range groups {
		root.AddGroup(&cobra.Group{ID: group.id, Title: group.title})
		for _, command := range group.commands {
			command.GroupID = group.id
			a.track(command)
			root.AddCommand(command)
		}
	}
	for _, command := range a.Commands {
		a.track(command)
		root.AddCommand(command)
	}
	return root
}

// track notes when a command, or one below it, begins to run: its flags and arguments are understood then.
func (a *app) track(command *cobra.Command) {
	if run := command.RunE; run != nil {
		command.RunE = func(command *cobra.Command, arguments []string) error {
			a.running = true
			return run(command, arguments)
		}
	}
	for _, child := range command.Commands() {
		a.track(child)
	}
}

func (a *app) checkOutput() error {
	if a.output != outputText && a.output != outputJSON {
		return fmt.Errorf("--output %q: use %s or %s", a.output, outputText, outputJSON)
	}
	return nil
}

// checkGiven refuses what no flag can mean: nothing, as an unset variable of a script leaves it, where the default may do
// far more than was meant, and a time to wait that is over already.
func checkGiven(command *cobra.Command) error {
	var faults []error
	command.Flags().Visit(func(flag *pflag.Flag) {
		switch text := flag.Value.String(); {
		case text == "" || text == "[]":
			faults = append(faults, fmt.Errorf("--%s is empty: give a value, or leave it out", flag.Name))
		case flag.Name == "timeout":
			if length, err := time.ParseDuration(text); err == nil && length <= 0 {
				faults = append(faults, fmt.Errorf("--timeout %s: give a time to wait, as 30s", text))
			}
		}
	})
	return errors.Join(faults...)
}

// table returns the registry, for every command but validate, which alone lists the faults of a bad one.
func (a *app) table() (*spec.Registry, error) {
	if a.registry != nil {
		return a.registry, nil
	}
	registry, err := a.OpenRegistry()
	var faults spec.Faults
	if errors.As(err, &faults) {
		return nil, fmt.Errorf("the registry of this build has %s: `starter validate` lists them", count(len(faults), "fault"))
	}
	if err != nil {
		return nil, err
	}
	a.registry = registry
	return registry, nil
}

// withFleet runs act with a connection to the fleet.
func (a *app) withFleet(ctx context.Context, act func(*control.Client) error) error {
	fleet, err := a.OpenControl(ctx, a.Config)
	if err != nil {
		return err
	}
	defer fleet.Close()
	return act(fleet)
}

// withBus runs act with a connection to the event bus.
func (a *app) withBus(ctx context.Context, act func(*bus.Client) error) error {
	client, err := a.OpenBus(a.Config)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := a.connected(ctx, client); err != nil {
		return err
	}
	return a.busError(act(client))
}
