package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/pflag"

	"github.com/ringrift/orchestrator/internal/config"
)

// Config holds the starter's settings. main fills it from the environment; flags win over that. The
// Temporal connection's own settings (TLS, keys, profiles) stay with the SDK, which reads them itself.
type Config struct {
	DataDir    string `env:"DATA_DIR" envDefault:".data" help:"this installation's files"`
	ClusterDir string `env:"CLUSTER_DIR" help:"files shared by the workers of this machine; default $DATA_DIR/cluster"`
	NodeID     string `env:"NODE_ID" help:"this node, where logs of per-node daemons are looked up; default the host name"`
	BusListen  string `env:"BUS_LISTEN" envDefault:"127.0.0.1:4222" help:"where the built-in event bus listens"`
	NATSURL    string `env:"NATS_URL" secret:"true" help:"an event bus of your own, used instead of the built-in one"`
	BusToken   string `env:"NATS_TOKEN" secret:"true" help:"token of the event bus, if it asks for one"`
	StoreDSN   string `env:"STORE_DSN" secret:"true" help:"PostgreSQL that keeps the ledger; default an SQLite file in CLUSTER_DIR, for one machine"`
	DataToken  string `env:"DATA_TOKEN" secret:"true" help:"token of the nodes' data servers; default the one that the nodes of this machine share"`
	Path       string `env:"PATH" help:"where the programs of a workload's commands are looked up"`
	Operator   string `env:"OPERATOR" help:"who is recorded with your commands; default user@host"`

	// Address, Namespace and Profile override the Temporal connection; empty leaves it as configured.
	Address, Namespace, Profile string
}

// BusURL is where the event bus is reached.
func (c Config) BusURL() string {
	if c.NATSURL != "" {
		return c.NATSURL
	}
	return "nats://" + c.BusListen
}

// clusterDir is the folder that the workers of this machine share.
func (c Config) clusterDir() string {
	if c.ClusterDir != "" {
		return c.ClusterDir
	}
	return filepath.Join(c.DataDir, "cluster")
}

// LedgerPath is the SQLite file of a ledger that no STORE_DSN names.
func (c Config) LedgerPath() string { return filepath.Join(c.clusterDir(), "ledger.db") }

func (c *Config) bind(flags *pflag.FlagSet) {
	flags.StringVar(&c.Address, "address", c.Address, "Temporal server, host:port (TEMPORAL_ADDRESS)")
	flags.StringVar(&c.Namespace, "namespace", c.Namespace, "Temporal namespace (TEMPORAL_NAMESPACE)")
	flags.StringVar(&c.Profile, "profile", c.Profile, "profile of the Temporal configuration file (TEMPORAL_PROFILE)")
	flags.StringVar(&c.DataDir, "data-dir", c.DataDir, "this installation's files (DATA_DIR)")
}

// environmentHelp is the table of variables, made from the struct's own tags so that it cannot drift.
func environmentHelp() string {
	var text strings.Builder
	text.WriteString("Environment (a flag wins over a variable, a variable over the Temporal configuration file, all over the default):\n")
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	config.WriteTable(table, Config{})
	for _, row := range temporalVariables() {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", row[0], row[1], row[2])
	}
	_ = table.Flush() // a strings.Builder takes everything
	return text.String() + config.SecretsHelp
}

func temporalVariables() [][3]string {
	return [][3]string{
		{"TEMPORAL_ADDRESS", "127.0.0.1:7233", "the Temporal server, as for the temporal CLI"},
		{"TEMPORAL_NAMESPACE", "default", "the namespace of the daemons"},
		{"TEMPORAL_PROFILE", "default", "profile in the Temporal configuration file"},
		{"TEMPORAL_CONFIG_FILE", "", "that file; default temporalio/temporal.toml in your configuration folder"},
		{"TEMPORAL_API_KEY", "", "and TEMPORAL_TLS*: as for the temporal CLI"},
	}
}
