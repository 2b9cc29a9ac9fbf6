package main

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ringrift/orchestrator/internal/config"
	"github.com/ringrift/orchestrator/internal/daemonlog"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Config is the worker's settings. The Temporal connection's own (address, namespace, TLS, profiles) are
// read by the SDK, as for the temporal CLI.
type Config struct {
	config.Shared
	NodeRoles     []string `env:"NODE_ROLES" help:"coordinator, training, selfplay, storage, separated by commas; default all"`
	HealthAddr    string   `env:"HEALTH_ADDR" envDefault:"127.0.0.1:8790" help:"where /health and the other endpoints answer"`
	HTTPToken     string   `env:"HEALTH_TOKEN" secret:"true" help:"bearer token of that server; demanded off loopback"`
	HTTPHosts     []string `env:"HEALTH_HOSTS" help:"names by which clients may call it, beside localhost and addresses"`
	HTTPAdvertise string   `env:"HEALTH_ADVERTISE" help:"host:port under which other machines reach it; default where it listens"`
	// The gossip of the nodes' members.
	NodeLabels      []string `env:"NODE_LABELS" help:"this node's own words, separated by commas, which jobs may demand"`
	GossipListen    string   `env:"GOSSIP_LISTEN" envDefault:"127.0.0.1:0" help:"where this node's member listens; off loopback it needs a key"`
	GossipAdvertise string   `env:"GOSSIP_ADVERTISE" help:"where the others reach it; default where it listens"`
	GossipSeeds     []string `env:"GOSSIP_SEEDS" help:"members to join first, host:port separated by commas; the others are found on the event bus"`
	ClusterKey      string   `env:"CLUSTER_KEY" secret:"true" help:"encrypts the gossip, the same on all nodes, 16 bytes or more"`
	ClusterKeyFile  string   `env:"CLUSTER_KEY_FILE" help:"a file that holds it instead"`
	// The jobs and the data files.
	WorkloadsDir  string     `env:"WORKLOADS_DIR" help:"folder with a folder for each workload; default workloads beside this program"`
	DataAddr      string     `env:"DATA_ADDR" envDefault:"127.0.0.1:0" help:"where this node lends its data files; off loopback it needs a token"`
	DataAdvertise string     `env:"DATA_ADVERTISE" help:"address and port under which the others reach it; default where it listens"`
	DataToken     string     `env:"DATA_TOKEN" secret:"true" help:"asked of whoever wants a file, the same on all nodes, 16 bytes or more"`
	DataTokenFile string     `env:"DATA_TOKEN_FILE" help:"a file that holds it instead"`
	WebhookURL    string     `env:"ALERT_WEBHOOK_URL" secret:"true" help:"gets every alert of DAEMON_WATCHDOG as a POST"`
	LogLevel      slog.Level `env:"LOG_LEVEL" envDefault:"INFO" help:"DEBUG, INFO, WARN or ERROR"`
	// The names of these two are those that Temporal's worker controller sets.
	Deployment string `env:"TEMPORAL_DEPLOYMENT_NAME" help:"makes this a versioned worker of that deployment; needs TEMPORAL_WORKER_BUILD_ID"`
	BuildID    string `env:"TEMPORAL_WORKER_BUILD_ID" help:"version of this build; it runs nothing until it is the deployment's current one"`
	// Profile is of the Temporal configuration file.
	Profile string `env:"TEMPORAL_PROFILE" help:"profile in the Temporal configuration file"`

	WatchdogInterval time.Duration `env:"WATCHDOG_INTERVAL" envDefault:"30s" help:"pause between two looks of DAEMON_WATCHDOG"`
	DeadLetterPause  time.Duration `env:"DEAD_LETTER_PAUSE" envDefault:"60s" help:"first pause of DLQ_RETRY, doubled up to an hour"`

	path     string // where the commands of workloads find their programs
	programs string // the folder of this program
	// environment is this process's own: command daemons get a part of it, and references are resolved by it.
	environment []string
}

// located returns the settings with what follows from where this program lies.
func (c Config) located(programs, path string, environment []string) Config {
	c.programs, c.path, c.environment = programs, path, environment
	if c.WorkloadsDir == "" {
		c.WorkloadsDir = filepath.Join(programs, "workloads")
	}
	return c
}

var (
	// nodeName is what may stand in workflow ids, task queues and file names.
	nodeName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)
	// Temporal writes a version as deployment.build or deployment:build, so a deployment has neither sign.
	deploymentName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9/_-]{0,199}$`)
	buildName      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$`)
)

// resolved returns the settings with absolute folders and without implied values, or the first fault.
func (c Config) resolved(hostname func() (string, error)) (Config, error) {
	var err error
	if c.NodeID == "" {
		if c.NodeID, err = hostname(); err != nil {
			return c, fmt.Errorf("the host name is unknown (%w): set NODE_ID", err)
		}
	}
	if !nodeName.MatchString(c.NodeID) {
		return c, fmt.Errorf("NODE_ID %q: use at most 63 letters, digits, dots, dashes and underscores", c.NodeID)
	}
	for _, role := range c.NodeRoles {
		if !slices.Contains(spec.Roles(), spec.Role(role)) {
			return c, fmt.Errorf("NODE_ROLES %q: no such role; choose from %v", role, spec.Roles())
		}
	}
	if err := c.checkVersion(); err != nil {
		return c, err
	}
	if _, _, err := net.SplitHostPort(c.HTTPAdvertise); c.HTTPAdvertise != "" && err != nil {
		return c, fmt.Errorf("HEALTH_ADVERTISE %q: %w; give host:port, for example 10.0.0.7:8790", c.HTTPAdvertise, err)
	}
	if c.ClusterKey, err = readSecret("CLUSTER_KEY", c.ClusterKey, c.ClusterKeyFile); err != nil {
		return c, err
	}
	if c.DataToken, err = readSecret("DATA_TOKEN", c.DataToken, c.DataTokenFile); err != nil {
		return c, err
	}
	if c.DataDir, err = filepath.Abs(c.DataDir); err != nil {
		return c, fmt.Errorf("DATA_DIR %q: %w", c.DataDir, err)
	}
	if c.ClusterDir, err = filepath.Abs(c.SharedDir()); err != nil {
		return c, fmt.Errorf("CLUSTER_DIR %q: %w", c.ClusterDir, err)
	}
	for _, setting := range []struct {
		name  string
		value time.Duration
	}{{"WATCHDOG_INTERVAL", c.WatchdogInterval}, {"DEAD_LETTER_PAUSE", c.DeadLetterPause}} {
		if setting.value < 100*time.Millisecond {
			return c, fmt.Errorf("%s %s: give at least 100ms", setting.name, setting.value)
		}
	}
	return c, nil
}

// readSecret returns a secret that is given as a value or as the content of a file.
func readSecret(name, value, file string) (string, error) {
	switch {
	case file == "":
		return value, nil
	case value != "":
		return "", fmt.Errorf("%s and %s_FILE are both set: choose one", name, name)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w", name, err)
	}
	return strings.TrimSpace(string(text)), nil
}

func (c Config) checkVersion() error {
	switch {
	case c.Deployment == "" && c.BuildID == "":
		return nil
	case c.BuildID == "":
		return fmt.Errorf("TEMPORAL_DEPLOYMENT_NAME %q is set without TEMPORAL_WORKER_BUILD_ID: set both for a versioned worker, or neither", c.Deployment)
	case c.Deployment == "":
		return fmt.Errorf("TEMPORAL_WORKER_BUILD_ID %q is set without TEMPORAL_DEPLOYMENT_NAME: set both for a versioned worker, or neither", c.BuildID)
	case !deploymentName.MatchString(c.Deployment):
		return fmt.Errorf("TEMPORAL_DEPLOYMENT_NAME %q: use at most 200 letters, digits, slashes, dashes and underscores", c.Deployment)
	case !buildName.MatchString(c.BuildID):
		return fmt.Errorf("TEMPORAL_WORKER_BUILD_ID %q: use at most 200 letters, digits, dots, plus signs, dashes and underscores", c.BuildID)
	}
	return nil
}

// httpHosts are the names by which the HTTP server is called; the advertised one is among them.
func (c Config) httpHosts() []string {
	host, _, err := net.SplitHostPort(c.HTTPAdvertise)
	if err != nil {
		return c.HTTPHosts // nothing is advertised: resolved has looked at it
	}
	return append(slices.Clone(c.HTTPHosts), host)
}

// logDir has the logs of the daemons that run here.
func (c Config) logDir() string { return filepath.Join(c.DataDir, "logs") }

// jobDir has the attempts of jobs that run, or ran, here.
func (c Config) jobDir() string { return filepath.Join(c.DataDir, daemonlog.JobsFolder) }

func (c Config) roles() []spec.Role {
	roles := make([]spec.Role, len(c.NodeRoles))
	for i, role := range c.NodeRoles {
		roles[i] = spec.Role(role)
	}
	return roles
}

// help is the table of settings, made from the struct so that it cannot drift.
func help() string {
	var text strings.Builder
	text.WriteString("worker hosts daemons and runs their workflows until SIGTERM, then hands over and ends.\n\nEnvironment:\n")
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	config.WriteTable(table, Config{})
	fmt.Fprintf(table, "  TEMPORAL_ADDRESS\t127.0.0.1:7233\tthe Temporal server; this and every other TEMPORAL_* as for the temporal CLI\n")
	_ = table.Flush() // a strings.Builder takes everything
	return text.String() + config.SecretsHelp
}
