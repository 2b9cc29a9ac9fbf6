package local

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"

	"github.com/ringrift/orchestrator/internal/config"
)

// Config is one installation. Two installations on a machine differ in DataDir and in every address.
type Config struct {
	config.Installation
	BinDir string `env:"BIN_DIR" envDefault:"bin" help:"where make build has put worker, starter and temporal"`
	// TemporalCLI may be empty; so may TemporalUIPort be zero.
	TemporalCLI string `env:"TEMPORAL_CLI" help:"the temporal binary; default the one on PATH, else that in BIN_DIR"`
	// TemporalAddress is where a dev server is started if the host is this machine's loopback; any other host is a server
	// that somebody else runs.
	TemporalAddress   string `env:"TEMPORAL_ADDRESS" envDefault:"127.0.0.1:7233" help:"the Temporal server, host:port; on loopback it is started here"`
	TemporalNamespace string `env:"TEMPORAL_NAMESPACE" envDefault:"default" help:"the namespace of the workflows"`
	TemporalUIPort    int    `env:"TEMPORAL_UI_PORT" help:"port of the Web UI; default the server's port plus 1000"`
	// Nodes have DataDir and HealthAddr themselves, the first of them; the others have folders of their own below, and
	// the next free ports.
	Nodes      int    `env:"NODES" envDefault:"1" help:"how many workers run here, each a node"`
	HealthAddr string `env:"HEALTH_ADDR" envDefault:"127.0.0.1:8790" help:"where the first worker answers HTTP; the others have the next free ports"`
}

// settingError is a setting that cannot be, which the starter tells from what has failed by the exit code of wrong usage.
type settingError struct{ error }

func (e settingError) Unwrap() error { return e.error }

func (settingError) ExitCode() int { return 2 }

// resolved returns the configuration with absolute paths and without implied values, or the first fault.
func (c Config) resolved() (Config, error) {
	var err error
	if c.DataDir, err = filepath.Abs(c.DataDir); err != nil {
		return c, fmt.Errorf("DATA_DIR: %w", err)
	}
	if c.BinDir, err = filepath.Abs(c.BinDir); err != nil {
		return c, fmt.Errorf("BIN_DIR: %w", err)
	}
	if c.Nodes < 1 || c.Nodes > maxNodes {
		return c, fmt.Errorf("NODES=%d: choose 1 to %d workers for one machine", c.Nodes, maxNodes)
	}
	for _, address := range []struct{ variable, value string }{
		{"TEMPORAL_ADDRESS", c.TemporalAddress}, {"HEALTH_ADDR", c.HealthAddr}, {"BUS_LISTEN", c.BusListen},
	} {
		if err := checkAddress(address.value); err != nil {
			return c, fmt.Errorf("%s=%q: %w; write it as host:port, such as 127.0.0.1:7233", address.variable, address.value, err)
		}
	}
	if c.ClusterDir != "" {
		if c.ClusterDir, err = filepath.Abs(c.ClusterDir); err != nil {
			return c, fmt.Errorf("CLUSTER_DIR: %w", err)
		}
	}
	if c.TemporalUIPort == 0 {
		c.TemporalUIPort = portOf(c.TemporalAddress) + 1000
	}
	if c.TemporalUIPort < 1 || c.TemporalUIPort > 65535 {
		return c, fmt.Errorf("TEMPORAL_UI_PORT=%d: not a port; choose one from 1 to 65535", c.TemporalUIPort)
	}
	return c, nil
}

// ownServer says whether the Temporal server is one to start and stop here.
func (c Config) ownServer() bool {
	host, _, _ := net.SplitHostPort(c.TemporalAddress) // resolved has checked it
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c Config) uiAddress() string {
	return net.JoinHostPort(dialHost(c.TemporalAddress), strconv.Itoa(c.TemporalUIPort))
}

func checkAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("not an address")
	}
	if number, err := strconv.Atoi(port); err != nil || number < 1 || number > 65535 {
		return fmt.Errorf("%q is not a port from 1 to 65535", port)
	}
	return nil
}
