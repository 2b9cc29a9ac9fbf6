package config_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/config"
)

// Common is embedded by settings.
type Common struct {
	DSN string `env:"DSN" secret:"true" help:"a database"`
}

type settings struct {
	Common
	Name  string `env:"NAME" envDefault:"nobody" help:"whose it is"`
	Token string `env:"TOKEN" secret:"true" help:"a word"`
	Kept  string // no setting
}

func TestTableHasEverySetting(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	config.WriteTable(&table, settings{})
	require.Equal(t, "  DSN\t\ta database *\n  NAME\tnobody\twhose it is\n  TOKEN\t\ta word *\n", table.String())
}

func TestWhatFollowsFromAnInstallation(t *testing.T) {
	t.Parallel()
	var read config.Shared
	require.NoError(t, config.Read(&read, []string{"DATA_DIR=data"}))
	require.Equal(t, "nats://127.0.0.1:4222", read.BusURL())
	require.Equal(t, filepath.Join("data", "cluster"), read.SharedDir())
	require.NoError(t, config.Read(&read, []string{"DATA_DIR=data", "CLUSTER_DIR=/shared", "NATS_URL=nats://bus:4222"}))
	require.Equal(t, "nats://bus:4222", read.BusURL())
	require.Equal(t, "/shared/bus", read.BusDir())
	require.Equal(t, "/shared/ledger.db", read.LedgerPath())
}

func TestReferencesAreResolved(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(file, []byte("pass${env:NOT_LOOKED_AT}\n"), 0o600))
	var read settings
	require.NoError(t, config.Read(&read, []string{
		"DSN=postgres://${env:USER_OF_IT}:${file:" + file + "}@host/db", "USER_OF_IT=ledger", "NAME=${env:NAME}", "TOKEN=plain$1{x}",
	}))
	require.Equal(t, "postgres://ledger:pass${env:NOT_LOOKED_AT}@host/db", read.DSN)
	require.Equal(t, "${env:NAME}", read.Name, "no secret")
	require.Equal(t, "plain$1{x}", read.Token)
	read = settings{}
	require.NoError(t, config.Read(&read, nil))
	require.Equal(t, settings{Name: "nobody"}, read)
}

func TestAValueThatIsNoneNamesTheVariable(t *testing.T) {
	t.Parallel()
	var read struct {
		Common
		Nodes int           `env:"NODES" help:"how many workers run"`
		Pause time.Duration `env:"PAUSE" help:"pause between two looks"`
		Level slog.Level    `env:"LEVEL" help:"DEBUG, INFO, WARN or ERROR"`
	}
	err := config.Read(&read, []string{"NODES=two", "PAUSE=3", "LEVEL=loud"})
	require.EqualError(t, err, `NODES="two" is no whole number: how many workers run
PAUSE="3" is no duration, such as 30s: pause between two looks
LEVEL="loud" is not understood: DEBUG, INFO, WARN or ERROR`)
}

func TestAReferenceThatLeadsNowhereNamesTheVariable(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))
	for value, fault := range map[string]string{
		"${env:ABSENT}":         "TOKEN: ${env:ABSENT}: the variable ABSENT is not set",
		"${env:BLANK}":          "TOKEN: ${env:BLANK}: the variable BLANK is not set",
		"${file:" + empty + "}": "the file is empty",
		"${file:/no/such}":      "TOKEN: ${file:/no/such}: open /no/such: no such file",
		"${vault:pw}":           "TOKEN: what begins with ${ is no reference: write ${env:NAME} or ${file:PATH}",
		"${env:}":               "is no reference",
		"${env:OPEN":            "is no reference",
	} {
		var read settings
		err := config.Read(&read, []string{"TOKEN=" + value, "DSN=${env:ABSENT}", "BLANK= ", "OPEN=x"})
		require.ErrorContains(t, err, fault)
		require.ErrorContains(t, err, "DSN: ${env:ABSENT}", "every fault at once")
	}
}
