package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// plays gives the workers a workload that offers nim21_3p.
func (h *harness) plays(t *testing.T) {
	t.Helper()
	h.Config.WorkloadsDir = t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(h.Config.WorkloadsDir, "nim"), os.DirFS(pythonWorkload)))
}

// setupConfigurations is a queue whose workers play nim21_3p, and whose ledger has a model of sq5_2p.
func setupConfigurations(t *testing.T) *queue {
	t.Helper()
	q := setupQueue(t)
	q.plays(t)
	model, err := q.session.AddModel(t.Context(), ledger.Model{
		SHA256: strings.Repeat("a", 64), ConfigKey: "sq5_2p", Kind: "table", Workload: "mini", WorkloadVersion: "1.0.0",
	})
	require.NoError(t, err)
	_, err = q.session.MovePointers(t.Context(), ledger.PointerMove{ConfigKey: "sq5_2p", Name: ledger.Canonical, ModelID: model.ID, DecisionID: "first"})
	require.NoError(t, err)
	return q
}

// A name that no configuration has is refused with those that there are, and nothing is ordered or listed.
func TestUnknownConfigurationsAreRefused(t *testing.T) {
	t.Parallel()
	q := setupConfigurations(t)
	for _, line := range []string{
		"loop start --configs sq5_2p,typo", "models --config typo", "ratings --config typo -o json", "jobs list --config typo",
		"data missing --config typo",
	} {
		require.Equal(t, cli.ExitUsage, q.run(t.Context(), strings.Fields(line)...), "%s: %s", line, q.err.String())
		require.Regexp(t, `--configs? "typo": there is no such configuration.* use one of .*nim21_3p.*, sq5_2p, or set WORKLOADS_DIR`, q.err.String())
		require.Empty(t, q.out.String(), line)
	}
	require.Equal(t, cli.ExitDone, q.run(t.Context(), "loop", "runs"))
	require.NotContains(t, q.out.String(), "typo")
}

// One that the workers offer may have no model yet, and one whose workload is gone is still in the ledger.
func TestKnownConfigurationsMayHaveNothingYet(t *testing.T) {
	t.Parallel()
	q := setupConfigurations(t)
	for _, line := range []string{
		"loop start --configs nim21_3p,sq5_2p", "models --config nim21_3p", "ratings --config nim21_3p", "ratings --config sq5_2p", "models --config sq5_2p",
	} {
		require.Equal(t, cli.ExitDone, q.run(t.Context(), strings.Fields(line)...), "%s: %s", line, q.err.String())
		require.Empty(t, q.err.String(), line)
	}
}

// Where the workloads or the ledger cannot be asked, nobody can tell: that is said, and the name is taken as it is.
func TestConfigurationsThatNobodyCanTell(t *testing.T) {
	t.Parallel()
	q := setupConfigurations(t)
	workloads, opened := q.Config.WorkloadsDir, q.OpenLedger
	doubted := func(reason string, line ...string) {
		require.Equal(t, cli.ExitDone, q.run(t.Context(), line...), q.err.String())
		require.Contains(t, q.err.String(), `note: nobody can tell whether there is a configuration "other"`)
		require.Contains(t, q.err.String(), reason)
		q.Config.WorkloadsDir, q.OpenLedger = workloads, opened
	}
	q.Config.WorkloadsDir = t.TempDir()
	doubted("there is no workload in the folder", "loop", "start", "--configs", "other")
	q.OpenLedger = setup(t).OpenLedger
	doubted("no ledger yet", "loop", "start", "--configs", "other")
	require.NoError(t, os.WriteFile(filepath.Join(workloads, "nim", "workload.json"), []byte("{}"), 0o600))
	doubted("known are sq5_2p: load the workload", "models", "--config", "other")
}

// A training loop that does not run is not held; of one that cannot exist it is the name that is wrong.
func TestLoopsOfUnknownConfigurationsAreNotHeld(t *testing.T) {
	t.Parallel()
	q := setupConfigurations(t)
	h := online(t, healthy())
	h.plays(t)
	h.OpenLedger = q.OpenLedger
	require.Equal(t, cli.ExitUsage, h.run(t.Context(), "loop", "pause", "typo"))
	require.Contains(t, h.err.String(), `CONFIG "typo": there is no such configuration`)
	require.Equal(t, cli.ExitRefused, h.run(t.Context(), "loop", "pause", "nim21_3p"))
	require.Contains(t, h.err.String(), "it does not run: `starter loop` lists those that do")
}
