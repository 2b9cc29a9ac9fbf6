package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/pflag"

	"github.com/ringrift/orchestrator/internal/config"
)

// Config holds the starter's settings. main fills it from the environment; flags win over that. The
// Temporal connection's own settings (TLS, keys, profiles) stay with the SDK, which reads them itself.
type Config struct {
	config.Shared
	DataToken    string `env:"DATA_TOKEN" secret:"true" help:"token of the nodes' data servers; default the one that the nodes of this machine share"`
	WorkloadsDir string `env:"WORKLOADS_DIR" help:"folder of the workers' workloads, which say what configurations there are; default workloads beside this program"`
	// HealthToken is that of the workers' HTTP servers.
	HealthToken string `env:"HEALTH_TOKEN" secret:"true" help:"token of the workers' HTTP servers, which logs and top ask"`
	Path        string `env:"PATH" help:"where the programs of a workload's commands are looked up"`
	Operator    string `env:"OPERATOR" help:"who is recorded with your commands; default user@host"`

	// Address, Namespace and Profile override the Temporal connection; empty leaves it as configured.
	Address, Namespace, Profile string
}

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
		{"TEMPORAL_ADDRESS", "127.0.0.1:7233", "the Temporal server, as for the temporal CLI; default that of what runs in DATA_DIR, if anything does"},
		{"TEMPORAL_NAMESPACE", "default", "the namespace of the daemons"},
		{"TEMPORAL_PROFILE", "default", "profile in the Temporal configuration file"},
		{"TEMPORAL_CONFIG_FILE", "", "that file; default temporalio/temporal.toml in your configuration folder"},
		{"TEMPORAL_API_KEY", "", "and TEMPORAL_TLS*: as for the temporal CLI"},
	}
}
