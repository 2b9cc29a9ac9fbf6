package check_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/check"
)

// TestTheGuideHasEveryNameOfTheContract reads docs/workload.md.
func TestTheGuideHasEveryNameOfTheContract(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "workload.md"))
	require.NoError(t, err)
	guide := string(text)
	for _, rule := range check.Rules() {
		require.Contains(t, guide, fmt.Sprintf("| `%s` |", rule), "the table of rules")
	}
	for _, fault := range workload.Faults() {
		require.Contains(t, guide, fmt.Sprintf("`%s`", fault), "the table of faults")
	}
	for _, code := range workload.ExitCodes() {
		require.Contains(t, guide, fmt.Sprintf("\n| %d | ", code), "the table of exit codes")
	}
	for _, command := range workload.Commands() {
		row := fmt.Sprintf("\n| %s |", command)
		if command.Mandatory() {
			row = fmt.Sprintf("\n| **%s** |", command)
		}
		require.Contains(t, guide, row, "the table of commands")
	}
	for table, columns := range workload.GamesColumns() {
		require.Contains(t, guide, "CREATE TABLE "+table)
		for _, column := range columns {
			require.True(t, strings.Contains(guide, column+" TEXT") || strings.Contains(guide, column+" INTEGER"), "%s.%s", table, column)
		}
	}
}
