package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/thresholds"
)

// TestConfig holds what the commands of `config` say, for each file of thresholds that there may be.
func TestConfig(t *testing.T) {
	t.Parallel()
	const right = "preset: standard\ntrain:\n  epochs: 30\npromote:\n  random_floor_2p: 0.75\n"
	const wrong = "preset: standard\ntrain:\n  epcohs: 30\n  min_samples: 0\n"
	for name, test := range map[string]struct{ file, line string }{
		"config-help":          {"", "config --help"},
		"config-show":          {"", "config show"},
		"config-check-none":    {"", "config check"},
		"config-check":         {right, "config check"},
		"config-check-json":    {right, "config check -o json"},
		"config-check-faults":  {wrong, "config check"},
		"config-faults-json":   {wrong, "config check -o json"},
		"config-show-faults":   {wrong, "config show"},
		"config-check-no-file": {"", "config check --file nowhere.yaml"},
		"config-init-refused":  {right, "config init"},
		"config-init-preset":   {"", "config init --preset slow"},
		"config-explain":       {right, "config explain train.epochs"},
		"config-explain-rules": {"", "config explain evaluate.head_to_head_games"},
		"config-explain-group": {right, "config explain promote"},
		"config-explain-json":  {right, "config explain train.epochs -o json"},
		"config-explain-wrong": {wrong, "config explain train.min_samples"},
		"config-unknown":       {"", "config explain train.epcohs"},
		"config-unknown-group": {"", "config explain something"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setup(t)
			if test.file != "" {
				writeThresholds(t, h, test.file)
			}
			h.golden(t, name, h.run(t.Context(), strings.Fields(test.line)...))
		})
	}
}

func writeThresholds(t *testing.T, h *harness, document string) string {
	t.Helper()
	dir := filepath.Join(h.Config.DataDir, "cluster")
	require.NoError(t, os.MkdirAll(dir, 0o750))
	path := filepath.Join(dir, thresholds.FileName)
	require.NoError(t, os.WriteFile(path, []byte(document), 0o600))
	return path
}

func TestConfigInitMakesAFileThatIsRight(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.golden(t, "config-init-json", h.run(t.Context(), "config", "init", "--preset", "standard", "-o", "json"))
	require.NoError(t, os.Remove(filepath.Join(h.Config.DataDir, "cluster", thresholds.FileName)))
	h.golden(t, "config-init", h.run(t.Context(), "config", "init", "--preset", "standard"))
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "config", "check", "-o", "json"), h.err.String())
	var report struct {
		Preset, Version, Path string
		Changed               int
	}
	require.NoError(t, json.Unmarshal(h.out.Bytes(), &report))
	require.Equal(t, "standard", report.Preset)
	require.Zero(t, report.Changed)
	require.FileExists(t, report.Path)
	require.Equal(t, cli.ExitRefused, h.run(t.Context(), "config", "init"))

	other := filepath.Join(h.Config.DataDir, "other.yaml")
	require.NoError(t, os.WriteFile(other, []byte("preset: fast\nloop: {iterations: 3}\n"), 0o600))
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "config", "check", "--file", other))
	require.Contains(t, h.out.String(), "preset fast and 1 value of "+other)
}

func TestConfigCompletesKeys(t *testing.T) {
	t.Parallel()
	h := setup(t)
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "__complete", "config", "explain", ""))
	require.Contains(t, h.out.String(), "train.epochs\tpasses over the training set")
}
