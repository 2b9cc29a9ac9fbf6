//go:build acceptance

package check_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEachBrokenAdapterBreaksItsRuleAlone runs the whole kit over each of them.
func TestEachBrokenAdapterBreaksItsRuleAlone(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(broken), 10)
	for name := range broken {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireOnlyBroken(t, name, options(t))
		})
	}
}
