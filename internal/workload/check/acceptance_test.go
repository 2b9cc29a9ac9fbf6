//go:build acceptance

package check_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEachBrokenAdapterBreaksItsRuleAlone runs the whole kit over each of them, over two with -short.
func TestEachBrokenAdapterBreaksItsRuleAlone(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(broken), 10)
	names := slices.Sorted(maps.Keys(broken))
	if testing.Short() {
		names = names[:2]
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireOnlyBroken(t, name, options(t))
		})
	}
}
