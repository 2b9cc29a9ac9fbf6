package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/spec"
)

// The daemons of the file in force are listed and offered beside those of the build, and their categories are known.
func TestDaemonsOfTheFileInForce(t *testing.T) {
	t.Parallel()
	h := online(t, healthy())
	file := filepath.Join(h.Config.DataDir, "daemons.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`version: 1
daemons:
  postgres:
    command: [/usr/bin/postgres]
    category: database
  web:
    command: [/usr/bin/web]
    depends_on: [postgres]
`), 0o644))
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "up", "--file", file), h.err.String())
	for name, line := range map[string]string{
		"list-in-force":              "list --all",
		"list-in-force-category":     "list --category Database",
		"list-in-force-not":          "list",
		"list-in-force-bad-category": "list --category databases",
	} {
		h.golden(t, name, h.run(t.Context(), strings.Fields(line)...))
	}
	require.Eventually(t, func() bool { // whoever waits for a word gets what there is in time
		require.Equal(t, cli.ExitDone, h.run(t.Context(), "__complete", "info", ""))
		require.Contains(t, h.out.String(), "EVENT_ROUTER")
		return strings.Contains(h.out.String(), "POSTGRES\tdatabase, available\n")
	}, time.Minute, 10*time.Millisecond, "%s", h.out.String())
}

// A build may have written a row that the file in force adopts. What runs is known by its name as before, and `up` changes
// nothing and says what to do.
func TestRowThatWasWrittenSinceItWasAdopted(t *testing.T) {
	t.Parallel()
	h := online(t, healthy())
	file := filepath.Join(h.Config.DataDir, "daemons.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`version: 1
daemons:
  sync:
    command: [/usr/bin/sync]
    adopts: AUTO_SYNC
  web:
    command: [/usr/bin/web]
`), 0o644))
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "up", "--file", file), h.err.String())
	h.OpenRegistry = func() (*spec.Registry, error) {
		written := rows()
		written[5].Status = spec.StatusAvailable
		return spec.NewRegistry(written)
	}
	h.golden(t, "written-explain", h.run(t.Context(), "explain", "web"))
	h.golden(t, "written-up", h.run(t.Context(), "up"))
	h.golden(t, "written-up-file", h.run(t.Context(), "up", "--file", file))
}

// What another scope and other roles do is told as it is: they do not wait for the next start.
func TestChangedScopeAndRolesAreTold(t *testing.T) {
	t.Parallel()
	h := online(t, healthy())
	file := filepath.Join(h.Config.DataDir, "daemons.yaml")
	write := func(scope, role string) {
		require.NoError(t, os.WriteFile(file, []byte(`version: 1
daemons:
  web: {command: [/usr/bin/web], scope: `+scope+`}
  agent: {command: [/usr/bin/agent], scope: node, roles: [`+role+`]}
`), 0o644))
	}
	write("cluster", "training")
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "up", "--file", file), h.err.String())
	write("node", "selfplay")
	h.golden(t, "up-scope", h.run(t.Context(), "up", "--file", file, "--dry-run"))
}

// A new text is no reason to restart a program, and is shown as soon as it is in force.
func TestChangedDescriptionIsToldAsWhatItIs(t *testing.T) {
	t.Parallel()
	h := online(t, healthy())
	file := filepath.Join(h.Config.DataDir, "daemons.yaml")
	write := func(description, web string) {
		require.NoError(t, os.WriteFile(file, []byte(`version: 1
daemons:
  postgres: {command: [/usr/bin/postgres], description: `+description+`}
  web: {command: [/usr/bin/web], description: `+description+web+`}
`), 0o644))
	}
	write("before", "")
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "up", "--file", file), h.err.String())
	write("after", ", restart: {max_restarts: 9}")
	h.golden(t, "up-description", h.run(t.Context(), "up", "--file", file))
	h.golden(t, "up-description-explain", h.run(t.Context(), "explain", "postgres"))
}
