package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
)

// What is named and is not there, or cannot be read, is a usage error in every command.
func TestWhatIsNotThereIsUsage(t *testing.T) {
	t.Parallel()
	q := setupQueue(t)
	dir := t.TempDir()
	for line, fault := range map[string]string{
		"validate --file DIR/none":                            "cannot be read",
		"validate --file DIR":                                 "cannot be read",
		"validate --file DIR/none -o json":                    "cannot be read",
		"up --file DIR/none":                                  "cannot be read",
		"config check --file DIR/none":                        "--file",
		"config check --file DIR":                             "--file",
		"jobs submit DIR/none":                                "DIR/none",
		"jobs submit DIR":                                     "DIR",
		"jobs submit --command export --node nobody":          `no node "nobody"`,
		"jobs list --node nobody":                             `no node "nobody"`,
		"jobs logs nobody":                                    "no such job",
		"jobs show nobody":                                    "not found: `starter jobs list`",
		"jobs retry nobody":                                   "not found: `starter jobs list`",
		"nodes show nobody":                                   `no node "nobody"`,
		"data missing --node nobody":                          `no node "nobody"`,
		"data missing --role junk":                            "checkpoint, dataset, games, model",
		"data holders nothing":                                `no file "nothing"`,
		"data verify nothing":                                 `no file "nothing"`,
		"import process-compose DIR/none":                     "cannot be read",
		"workload info DIR/none":                              "DIR/none",
		"workload check DIR/none":                             "DIR/none",
		"workload check " + pythonWorkload + " --config typo": `--config "typo"`,
		"backup --check DIR/none":                             "cannot be read",
		"restore DIR/none":                                    "cannot be read",
	} {
		code := q.run(t.Context(), strings.Fields(strings.ReplaceAll(line, "DIR", dir))...)
		require.Equal(t, cli.ExitUsage, code, "%s: %s", line, q.err.String())
		require.Contains(t, q.err.String(), strings.ReplaceAll(fault, "DIR", dir), line)
	}
}

// What can be read and is wrong has been checked, and the check has failed.
func TestFaultsInAFileAreAFailedCheck(t *testing.T) {
	t.Parallel()
	h := setup(t)
	dir := t.TempDir()
	for _, name := range []string{"daemons.yaml", "workload.json"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("x: ["), 0o600))
	}
	for _, line := range []string{
		"validate --file DIR/daemons.yaml", "config check --file DIR/daemons.yaml", "workload info DIR", "workload check DIR", "backup --check DIR",
	} {
		require.Equal(t, cli.ExitFailed, h.run(t.Context(), strings.Fields(strings.ReplaceAll(line, "DIR", dir))...), "%s: %s", line, h.err.String())
	}
}

// An archive is never written over: that is refused, as it is of every other file.
func TestAnArchiveThatIsThereIsKept(t *testing.T) {
	t.Parallel()
	h := setup(t)
	require.NoError(t, os.MkdirAll(h.Config.SharedDir(), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(h.Config.SharedDir(), "installation"), []byte("HERE\n"), 0o644))
	archive := filepath.Join(t.TempDir(), "kept.tar")
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "backup", archive), h.err.String())
	require.Equal(t, cli.ExitRefused, h.run(t.Context(), "backup", archive), h.err.String())
}
