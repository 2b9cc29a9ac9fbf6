package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/check"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

func TestMain(m *testing.M) {
	workloadtest.ActAsShim()
	os.Exit(m.Run())
}

var pythonWorkload = filepath.Join("..", "workload", "python")

func TestWorkloadInfo(t *testing.T) {
	t.Parallel()
	h := setup(t)
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "workload", "info", pythonWorkload), h.err.String())
	for _, text := range []string{"nim-python", "nim21_3p", "3 players", "random, heuristic"} {
		require.Contains(t, h.out.String(), text)
	}
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "workload", "info", pythonWorkload, "-o", "json"))
	var report map[string]any
	require.NoError(t, json.Unmarshal(h.out.Bytes(), &report))
	requireFields(t, report, "dir hash manifest")
}

func TestWorkloadInfoNamesEveryFault(t *testing.T) {
	t.Parallel()
	h := setup(t)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, workload.ManifestFile), []byte(`{"name":"half"}`), 0o644))
	require.Equal(t, cli.ExitFailed, h.run(t.Context(), "workload", "info", dir))
	for _, text := range []string{"version", "configs", "commands.train", "baselines"} {
		require.Contains(t, h.err.String(), text)
	}
}

func TestWorkloadCheck(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.Config.Path = os.Getenv("PATH")
	line := []string{"workload", "check", pythonWorkload, "--rule", "describe,too-little-data", "--games", "10"}
	require.Equal(t, cli.ExitDone, h.run(t.Context(), line...), h.out.String())
	require.Contains(t, h.out.String(), "passed   too-little-data")
	require.Contains(t, h.out.String(), "0 failed")

	require.Equal(t, cli.ExitDone, h.run(t.Context(), append(line, "-o", "json")...))
	var report check.Report
	require.NoError(t, json.Unmarshal(h.out.Bytes(), &report))
	require.True(t, report.Green())
	require.Equal(t, "nim-python", report.Name)
	require.Contains(t, h.err.String(), "passed   describe", "progress does not disturb the document")
}

func TestWorkloadCheckNeedsEnoughGames(t *testing.T) {
	t.Parallel()
	h := setup(t)
	require.Equal(t, cli.ExitUsage, h.run(t.Context(), "workload", "check", "anywhere", "--games", "3"))
	require.Equal(t, "starter: --games 3: give at least 10\n", h.err.String())
}

func TestWorkloadCheckNamesWhatIsBroken(t *testing.T) {
	t.Parallel()
	h := setup(t)
	require.Equal(t, cli.ExitFailed, h.run(t.Context(), "workload", "check", t.TempDir()))
	require.Contains(t, h.err.String(), "the workload breaks manifest")
	require.Equal(t, cli.ExitUsage, h.run(t.Context(), "workload", "check", pythonWorkload, "--rule", "nicety"))
	require.Contains(t, h.err.String(), "too-little-data", "the names to choose from")
	require.Equal(t, cli.ExitUsage, h.run(t.Context(), "workload", "check", pythonWorkload, "--keep", "."))
}
