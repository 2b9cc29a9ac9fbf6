// Starter is the operator's command line: it brings the daemons up, shows them, and tells them what to do.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // schedules name time zones, also where the system has none

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/config"
	"github.com/ringrift/orchestrator/internal/local"
	"github.com/ringrift/orchestrator/internal/process"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == process.ShimArgument {
		os.Exit(process.ShimMain()) // `workload check` runs commands as the worker does
	}
	os.Exit(run())
}

// run reads the environment, which nothing below it does, and runs one command line.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var settings cli.Config
	var machine local.Config
	if err := errors.Join(config.Read(&settings, os.Environ()), config.Read(&machine, os.Environ())); err != nil {
		fmt.Fprintln(os.Stderr, "starter:", err)
		return cli.ExitUsage
	}
	system := system(settings)
	system.Commands = []*cobra.Command{local.Command(machine)}
	return cli.Execute(ctx, system, os.Args[1:])
}
