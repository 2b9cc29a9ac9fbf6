// Worker is one node of the cluster: it hosts daemons and runs the workflows that supervise them until it
// is told to drain.
//
//	main.go      the environment and the signals; nothing else reads them
//	config.go    the settings
//	jobs.go      the ledger, the data files, and what runs jobs
//	training.go  what the daemons of the training loop go by: thresholds and workloads
//	games.go, learning.go, judging.go    each daemon's settings, of the thresholds as they are now
//	process.go   the parts of the process, in the order in which they start and stop
//	sources.go   what the HTTP server answers from
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	_ "time/tzdata" // schedules name time zones, also where the system has none

	"github.com/ringrift/orchestrator/internal/config"
	shim "github.com/ringrift/orchestrator/internal/process"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == shim.ShimArgument {
		os.Exit(shim.ShimMain())
	}
	os.Exit(run(os.Args[1:]))
}

func run(arguments []string) int {
	switch err := checkArguments(arguments); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Println(help())
		return 0
	case err != nil:
		fmt.Fprintf(os.Stderr, "worker: %v: `worker --help` shows its settings\n", err)
		return 2
	}
	var settings Config
	if err := config.Read(&settings, os.Environ()); err != nil {
		return fail(err)
	}
	settings, err := settings.resolved(os.Hostname)
	if err != nil {
		return fail(err)
	}
	program, err := os.Executable()
	if err != nil {
		return fail(fmt.Errorf("find this program's folder: %w", err))
	}
	settings = settings.located(filepath.Dir(program), os.Getenv("PATH"), os.Environ())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the process at once
	}()
	logger := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: settings.LogLevel}))
	if err := runProcess(ctx, settings, logger); err != nil {
		return fail(err)
	}
	return 0
}

// checkArguments refuses all but --help: everything is set by the environment.
func checkArguments(arguments []string) error {
	flags := flag.NewFlagSet("worker", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("it takes no argument, not %q", flags.Arg(0))
	}
	return nil
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "worker:", err)
	return 1
}
