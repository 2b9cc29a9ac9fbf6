//go:build acceptance

package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Bar 2 of the workload contract's issue: over 8 seeds (3 with -short) both generations beat their parents.
func TestMiniLearnsOnEverySeed(t *testing.T) {
	seeds := int64(8)
	if testing.Short() {
		seeds = 3
	}
	for seed := int64(1); seed <= seeds; seed++ {
		first, second := newRig(t, "sq5_2p").learn(seed)
		t.Logf("seed %d: generation 1 wins %.3f against 0, generation 2 wins %.3f against 1", seed, first, second)
		require.GreaterOrEqual(t, first, firstBar, "seed %d", seed)
		require.GreaterOrEqual(t, second, secondBar, "seed %d", seed)
	}
}
