package local

import (
	"context"
	"fmt"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ringrift/orchestrator/internal/config"
)

// Command returns `starter local`, on which the Makefile is built. Ctrl-C interrupts each of its commands
// in order: `up` takes back what it has started.
func Command(config Config) *cobra.Command {
	parent := &cobra.Command{
		Use:   "local",
		Short: "Run server, worker and daemons on this machine (what make up, down and status do)",
		Long:  "Runs server, worker and daemons on this machine: what make up, down and status do.\n\n" + settingsHelp(),
		Args:  cobra.NoArgs,
		RunE:  func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	parent.AddCommand(
		action(config, "up", "Start what is missing and wait until the daemons are ready", (*Installation).Up),
		action(config, "down", "Stop the daemons, the worker and the server, in this order", (*Installation).Down),
		action(config, "status", "Show which processes run and what the daemons do", (*Installation).Status),
		temporalCommand(config),
	)
	return parent
}

// settingsHelp is the table of an installation's settings. The worker's own, which pass through, are in its help.
func settingsHelp() string {
	var text strings.Builder
	text.WriteString("Environment, beside that of the worker (`worker --help`):\n")
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	config.WriteTable(table, Config{})
	_ = table.Flush() // a strings.Builder takes everything
	return text.String() + config.SecretsHelp
}

func action(config Config, name, short string, act func(*Installation, context.Context) error) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: short, Args: cobra.NoArgs, SilenceUsage: true,
		RunE: func(command *cobra.Command, _ []string) error {
			installation, err := New(config.withFlags(command.Flags()), command.OutOrStdout())
			if err != nil {
				return err
			}
			ctx, stop := interruptible(command)
			defer stop()
			return act(installation, ctx)
		},
	}
}

// temporalCommand prints the path alone on standard output, for scripts; the build reports on standard error.
func temporalCommand(config Config) *cobra.Command {
	return &cobra.Command{
		Use: "temporal", Short: "Print the path of the Temporal CLI, building it where none is installed",
		Args: cobra.NoArgs, SilenceUsage: true,
		RunE: func(command *cobra.Command, _ []string) error {
			installation, err := New(config.withFlags(command.Flags()), command.ErrOrStderr())
			if err != nil {
				return err
			}
			ctx, stop := interruptible(command)
			defer stop()
			path, err := installation.Temporal(ctx)
			if err == nil {
				_, err = fmt.Fprintln(command.OutOrStdout(), path)
			}
			return err
		},
	}
}

// withFlags lets the starter's own flags win over the environment.
func (c Config) withFlags(flags *pflag.FlagSet) Config {
	for name, field := range map[string]*string{
		"data-dir": &c.DataDir, "address": &c.TemporalAddress, "namespace": &c.TemporalNamespace,
	} {
		if flag := flags.Lookup(name); flag != nil && flag.Changed {
			*field = flag.Value.String()
		}
	}
	return c
}

func interruptible(command *cobra.Command) (context.Context, context.CancelFunc) {
	ctx := command.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	return signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
}
