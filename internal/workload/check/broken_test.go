package check_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/check"
)

// broken are adapters that break one rule each; most are the Python adapter with one function replaced.
var broken = map[string]workload.Rule{
	"result-in-place":     check.RuleResultAtomic,
	"writes-after-result": check.RuleResultLast,
	"wrong-hash":          workload.RuleOutputHash,
	"chatty":              workload.RuleLines,
	"unseeded":            check.RuleDeterminism,
	"deaf":                check.RuleCancel,
	"careless":            check.RuleBadRequest,
	"crashes-on-damage":   check.RuleInputTruncated,
	"learns-nothing":      check.RuleTraining,
	"one-seat":            check.RuleSeatBalance,
	"trusting":            check.RuleInspectTamper,
	"litters":             check.RuleConfinement,
	"no-heartbeat":        check.RuleHeartbeat,
	"boasts":              check.RuleScores,
	"plays-on":            check.RuleStopRule,
	"no-random-player":    check.RuleManifest,
}

// TestABrokenRuleIsNamed checks a few of the broken adapters against the rule that they break, and those that
// every run is watched for. The acceptance test checks all against all.
func TestABrokenRuleIsNamed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"result-in-place", "wrong-hash", "careless", "litters", "plays-on", "no-random-player"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quick := options(t)
			quick.Only = []workload.Rule{broken[name], check.RuleProgress}
			requireOnlyBroken(t, name, quick)
		})
	}
}

func requireOnlyBroken(t *testing.T, name string, options check.Options) {
	t.Helper()
	report, err := check.Run(t.Context(), brokenAdapter(t, name), options)
	require.NoError(t, err)
	require.False(t, report.Green())
	require.Equal(t, []workload.Rule{broken[name]}, report.Broken(), "the adapter %s breaks one rule", name)
}

// brokenAdapter returns a folder with the Python adapter and what replaces a part of it.
func brokenAdapter(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("..", "python"))))
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "broken", name))))
	path := filepath.Join(dir, workload.ManifestFile)
	var manifest workload.Manifest
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &manifest))
	for command, words := range manifest.Commands {
		manifest.Commands[command] = []string{words[0], "./broken.py"}
	}
	if name == "no-random-player" {
		manifest.Baselines = manifest.Baselines[1:]
	}
	text, err = json.Marshal(manifest)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, text, 0o644))
	return dir
}
