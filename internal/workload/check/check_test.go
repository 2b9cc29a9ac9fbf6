package check_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/workload/check"
	"github.com/ringrift/orchestrator/internal/workload/run"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

var mini workloadtest.Mini

func TestMain(m *testing.M) { mini.Main(m) }

// options are those of a check in a folder of the test's own.
func options(t *testing.T) check.Options {
	t.Helper()
	folder := t.TempDir()
	scope, err := process.Scope(folder)
	require.NoError(t, err)
	runner := run.New(run.Options{Scope: scope, Environment: []string{"PATH=" + os.Getenv("PATH")}})
	// A machine that runs other tests beside this one may take long to end a command.
	return check.Options{Runner: runner, Folder: folder, Grace: 30 * time.Second, Tell: func(f check.Finding) {
		t.Logf("%-8s %-18s %5.1fs %s", f.Verdict, f.Rule, f.Seconds, f.Detail)
	}}
}

func TestThePythonAdapterKeepsTheContract(t *testing.T) {
	requireGreen(t, filepath.Join("..", "python"), options(t))
}

func TestMiniKeepsTheContract(t *testing.T) {
	requireGreen(t, mini.Dir(), options(t))
}

// requireGreen asks for a pass by every rule: both workloads claim all features that rules are about.
func requireGreen(t *testing.T, dir string, options check.Options) {
	t.Helper()
	report, err := check.Run(t.Context(), dir, options)
	require.NoError(t, err)
	require.True(t, report.Green(), "broken: %v", report.Broken())
	require.Equal(t, len(check.Rules()), report.Count(check.Passed), "no rule is left out")
	for i, rule := range check.Rules() {
		require.Equal(t, rule, report.Findings[i].Rule, "findings are in the order of the rules")
	}
}

func TestOptionsAreRefused(t *testing.T) {
	t.Parallel()
	good := options(t)
	for name, change := range map[string]func(*check.Options){
		"Runner": func(o *check.Options) { o.Runner = nil },
		"Folder": func(o *check.Options) { o.Folder = "relative" },
		"Games":  func(o *check.Options) { o.Games = 5 },
		"config": func(o *check.Options) { o.Config = "nowhere_2p" },
	} {
		bad := good
		change(&bad)
		_, err := check.Run(t.Context(), filepath.Join("..", "python"), bad)
		require.ErrorContains(t, err, name)
	}
}
