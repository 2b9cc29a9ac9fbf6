package dataconsolidation

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// What a merge says must agree with what the ledger counts.
func TestAMergeIsNotBelieved(t *testing.T) {
	t.Parallel()
	content := ledger.CutContent{Held: 100, Games: 77}
	for _, good := range []workload.MergeMetrics{
		{Merged: 77, Duplicates: 20, Invalid: 3},
		{Merged: 70, Duplicates: 20, Invalid: 10},
		{Merged: 77, Duplicates: 20, Invalid: 5}, // two that are not over
		{Duplicates: 97, Invalid: 3},
		{Invalid: 100}, // complete, and by other rules
	} {
		require.NoError(t, prove(good, content), "%+v", good)
	}
	for _, bad := range []workload.MergeMetrics{
		{Merged: 78, Duplicates: 19, Invalid: 3},
		{Merged: 77, Duplicates: 20, Invalid: 2},
		{Merged: 77, Duplicates: 24},
		{Merged: 77, Duplicates: 26, Invalid: -3},
	} {
		require.Error(t, prove(bad, content), "%+v", bad)
	}
}
