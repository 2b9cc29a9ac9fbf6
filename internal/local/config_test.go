package local

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/config"
)

func TestConfigDefaults(t *testing.T) {
	t.Parallel()
	var read Config
	require.NoError(t, config.Read(&read, nil))
	config, err := read.resolved()
	require.NoError(t, err)
	require.True(t, filepath.IsAbs(config.DataDir))
	require.Equal(t, "127.0.0.1:8233", config.uiAddress(), "the Web UI follows the server's port")
	require.True(t, config.ownServer())
}

// Every setting of an installation is explained, with its default.
func TestHelpHasEverySetting(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	command := Command(Config{})
	command.SetOut(&out)
	command.SetArgs([]string{"--help"})
	require.NoError(t, command.Execute())
	for _, row := range []string{
		`DATA_DIR +\.data +\S`, `NODES +1 +\S`, `TEMPORAL_ADDRESS +127\.0\.0\.1:7233 +\S`, `TEMPORAL_NAMESPACE +default +\S`, `TEMPORAL_UI_PORT {3,}\S`,
		`TEMPORAL_CLI {3,}\S`, `BIN_DIR +bin +\S`, `HEALTH_ADDR +127\.0\.0\.1:8790 +\S`,
	} {
		require.Regexp(t, `(?m)^  `+row, out.String())
	}
}

func TestConfigNamesTheFault(t *testing.T) {
	t.Parallel()
	good := Config{
		Installation: config.Installation{DataDir: "d", BusListen: "127.0.0.1:4222"},
		BinDir:       "b", TemporalAddress: "localhost:7233", HealthAddr: ":8790", Nodes: 1,
	}
	for want, breaks := range map[string]func(*Config){
		`TEMPORAL_ADDRESS="7233"`:     func(c *Config) { c.TemporalAddress = "7233" },
		`HEALTH_ADDR="host:99999"`:    func(c *Config) { c.HealthAddr = "host:99999" },
		`BUS_LISTEN="127.0.0.1:nats"`: func(c *Config) { c.BusListen = "127.0.0.1:nats" },
		`TEMPORAL_UI_PORT=70000`:      func(c *Config) { c.TemporalUIPort = 70000 },
		`TEMPORAL_UI_PORT=66000`:      func(c *Config) { c.TemporalAddress = "127.0.0.1:65000" },
	} {
		config := good
		breaks(&config)
		_, err := New(config, io.Discard)
		require.ErrorContains(t, err, want)
	}
}

func TestServerOfAnotherHostIsNotOurs(t *testing.T) {
	t.Parallel()
	for address, own := range map[string]bool{
		"127.0.0.1:7233": true, "localhost:7233": true, "[::1]:7233": true,
		"temporal.example.com:7233": false, "10.0.0.7:7233": false,
	} {
		require.Equal(t, own, Config{TemporalAddress: address}.ownServer(), address)
	}
}

func TestEnvironmentKeepsOtherServersCredentialsOut(t *testing.T) {
	t.Parallel()
	inherited := []string{"PATH=/bin", "TEMPORAL_TLS=true", "TEMPORAL_API_KEY=secret", "TEMPORAL_PROFILE=production", "DATA_DIR=other"}
	config := Config{Installation: config.Installation{DataDir: "/data", BusListen: ":2"}, TemporalAddress: "127.0.0.1:7233", HealthAddr: ":1", Nodes: 1}
	own, err := New(config, io.Discard)
	require.NoError(t, err)
	given := own.environment(append([]string{}, inherited...))
	require.Contains(t, given, "PATH=/bin")
	require.Contains(t, given, "TEMPORAL_CONFIG_FILE="+os.DevNull)
	require.NotContains(t, given, "TEMPORAL_API_KEY=secret")
	require.NotContains(t, given, "TEMPORAL_PROFILE=production")
	require.Less(t, indexOf(given, "DATA_DIR=other"), indexOf(given, "DATA_DIR=/data"), "the last of two values counts")

	config.TemporalAddress = "temporal.example.com:7233"
	foreign, err := New(config, io.Discard)
	require.NoError(t, err)
	require.Contains(t, foreign.environment(append([]string{}, inherited...)), "TEMPORAL_API_KEY=secret")
}

func indexOf(list []string, wanted string) int {
	for at, item := range list {
		if item == wanted {
			return at
		}
	}
	return -1
}
