package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/processcompose"
)

const composed = `environment: ["MODE=${MODE}"]
processes:
  web: {command: "exec serve $PORT", depends_on: {db: {condition: process_healthy}}, is_tty: true}
  db: {command: serve, readiness_probe: {exec: {command: ask}}}
  dlq-retry: {command: x}
`

func TestImport(t *testing.T) {
	t.Parallel()
	h := setup(t)
	folder := t.TempDir()
	h.hide = append(h.hide, folder, "$FOLDER")
	source, target := filepath.Join(folder, "process-compose.yaml"), filepath.Join(folder, "daemons.yaml")
	require.NoError(t, os.WriteFile(source, []byte(composed), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "my.env"), []byte("PORT=8080\nMODE=fast # or slow\n"), 0o600))
	run := func(name string, arguments ...string) {
		t.Helper()
		h.golden(t, name, h.run(t.Context(), append([]string{"import", "process-compose"}, arguments...)...))
	}
	run("import", source, "-e", filepath.Join(folder, "my.env"))
	printed := h.out.String()
	run("import-written", source, "-e", filepath.Join(folder, "my.env"), "--write", target)
	written, err := os.ReadFile(target)
	require.NoError(t, err)
	require.Equal(t, printed, string(written))
	run("import-again", source, "--write", target)
	run("import-no-file", filepath.Join(folder, "nowhere.yaml"))
	run("import-wrong", filepath.Join(folder, "my.env"))
	run("import-nothing")
	run("help-import", "--help")
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "validate", "--file", target), h.err.String())

	require.Equal(t, cli.ExitDone, h.run(t.Context(), "import", "process-compose", source, "-o", "json"))
	var report struct {
		Daemons []string
		File    string
		Notes   []processcompose.Note
	}
	require.NoError(t, json.Unmarshal(h.out.Bytes(), &report))
	require.Equal(t, []string{"web", "db", "dlq-retry-2"}, report.Daemons)
	require.Contains(t, report.File, "daemons:\n  web:\n")
	require.Contains(t, report.Notes, processcompose.Note{
		File: source, Line: 3, Key: "processes.web.is_tty", Value: "true", Verdict: processcompose.Missing,
		Text: "output goes to a file, not to a terminal: let the program flush its lines, as stdbuf -oL makes it do",
	})
	require.Empty(t, h.err.String(), "with JSON all of it is in the answer")
}
