package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
)

// Equal players stay undecided, however many they are and however often they draw; clear scores are decided.
func TestDrawsAreParityForAnyNumberOfPlayers(t *testing.T) {
	t.Parallel()
	rule := &workload.StopRule{Elo0: -20, Elo1: 20, Alpha: 0.05, Beta: 0.05}
	for players := 2; players <= 4; players++ {
		for _, draws := range []int{0, 90, 900} {
			equal := workload.Score{Games: 100*players + draws, Wins: 100, Draws: draws, Losses: 100 * (players - 1)}
			require.False(t, decided(rule, equal, players), "%d players, %+v", players, equal)
		}
		require.True(t, decided(rule, workload.Score{Games: 200, Wins: 190, Losses: 10}, players))
		require.True(t, decided(rule, workload.Score{Games: 200, Wins: 10, Losses: 190}, players))
	}
}
