package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"
	"golang.org/x/sys/unix"

	"github.com/ringrift/orchestrator/daemons"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/local"
	"github.com/ringrift/orchestrator/internal/spec"
)

// defaultAddress is where the Temporal dev server listens.
const defaultAddress = "127.0.0.1:7233"

// system connects the command line to the world. Nothing is opened before a command needs it.
func system(config cli.Config) cli.System {
	hostName, _ := os.Hostname() // an unknown host name is left out
	config.NodeID = cmp.Or(config.NodeID, hostName)
	config.Operator = cmp.Or(config.Operator, operator(hostName))
	config.WorkloadsDir = cmp.Or(config.WorkloadsDir, besideProgram("workloads"))
	return cli.System{
		Config:       config,
		OpenRegistry: func() (*spec.Registry, error) { return daemons.Registry(daemons.Catalog(daemons.Config{})) },
		OpenControl:  openControl,
		OpenBus:      openBus,
		OpenLedger:   openLedger,
		In:           os.Stdin,
		Out:          os.Stdout,
		Err:          os.Stderr,
		Terminal:     isTerminal(os.Stdout),
		Screen:       func() (columns, lines int) { return screen(os.Stdout) },
		Now:          time.Now,
	}
}

// openControl connects to Temporal as the temporal CLI would: its variables and its profiles count. Where they name no
// server, it is that of the installation that runs in DATA_DIR.
func openControl(ctx context.Context, config cli.Config) (*control.Client, error) {
	options, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{ConfigFileProfile: config.Profile})
	if err != nil {
		return nil, cli.Usage(fmt.Errorf("read the settings of the Temporal connection, --profile or TEMPORAL_PROFILE and its file among them: %w", err))
	}
	options.HostPort = cmp.Or(config.Address, options.HostPort)
	options.Namespace = cmp.Or(config.Namespace, options.Namespace)
	if options.HostPort == "" {
		running, namespace, err := local.Recorded(config.DataDir)
		if err != nil {
			return nil, err
		}
		options.HostPort = cmp.Or(running, defaultAddress)
		options.Namespace = cmp.Or(options.Namespace, namespace)
	}
	options.Identity = config.Operator
	// What goes wrong comes back as an error; the SDK's own lines would only repeat it.
	options.Logger = log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	client, err := control.Dial(ctx, options, control.Options{Actor: config.Operator})
	var silent *control.NoServerError
	if errors.As(err, &silent) {
		// A record that cannot be read only leaves this hint out: the address was given.
		if running, _, recordErr := local.Recorded(config.DataDir); recordErr == nil && running != options.HostPort {
			silent.Running = running
		}
	}
	return client, err
}

func openBus(config cli.Config) (*bus.Client, error) {
	return bus.Connect(bus.ClientConfig{
		URL: config.BusURL(), Name: "starter", Node: config.NodeID, Token: config.BusToken,
		Timeout: 3 * time.Second, Logger: slog.New(slog.DiscardHandler),
	})
}

// openLedger opens a ledger that is there; the worker makes the file.
func openLedger(ctx context.Context, config cli.Config) (*ledger.Ledger, error) {
	if config.StoreDSN != "" {
		return ledger.Open(ctx, ledger.Config{DSN: config.StoreDSN})
	}
	_, err := os.Stat(config.LedgerPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w at %s: start a worker first, or name the right folder with CLUSTER_DIR", cli.ErrNoLedger, config.LedgerPath())
	}
	if err != nil {
		return nil, fmt.Errorf("find the ledger: %w", err)
	}
	return ledger.Open(ctx, ledger.Config{Path: config.LedgerPath()})
}

// besideProgram is a path in the folder of this program, where the worker looks for its workloads too.
func besideProgram(name string) string {
	program, err := os.Executable()
	if err != nil {
		return name // in the folder at hand: what is not found there is said not to be known
	}
	return filepath.Join(filepath.Dir(program), name)
}

// operator names who is at the keyboard, for the record of what was commanded.
func operator(hostName string) string {
	name := "unknown"
	if current, err := user.Current(); err == nil {
		name = current.Username
	}
	return name + "@" + hostName
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// screen is the size of a terminal in characters; zero if it is none.
func screen(file *os.File) (columns, lines int) {
	size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, 0
	}
	return int(size.Col), int(size.Row)
}
