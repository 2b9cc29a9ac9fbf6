package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/workload/check"
	"github.com/ringrift/orchestrator/internal/workload/run"
)

func TestMiniKeepsTheContract(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	scope, err := process.Scope(dir)
	require.NoError(t, err)
	runner := run.New(run.Options{Scope: scope, Environment: []string{"PATH=" + os.Getenv("PATH")}})
	report, err := check.Run(t.Context(), built.Dir(), check.Options{Runner: runner, Folder: dir, Tell: func(f check.Finding) {
		t.Logf("%-8s %-18s %5.1fs %s", f.Verdict, f.Rule, f.Seconds, f.Detail)
	}})
	require.NoError(t, err)
	require.True(t, report.Green(), "broken: %v", report.Broken())
}
