package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
)

// The bar of the issue, in 200 games head to head.
const (
	learningGames = 200
	firstBar      = 0.90 // generation 1 against 0
	secondBar     = 0.60 // generation 2 against 1
)

func TestMiniLearns(t *testing.T) {
	t.Parallel()
	for _, seed := range []int64{1, 2} {
		first, second := newRig(t, "sq5_2p").learn(seed)
		t.Logf("seed %d: generation 1 wins %.3f against 0, generation 2 wins %.3f against 1", seed, first, second)
		require.GreaterOrEqual(t, first, firstBar, "seed %d", seed)
		require.GreaterOrEqual(t, second, secondBar, "seed %d", seed)
	}
}

// learn goes through two generations as the training loop does, and returns the share of games that each won
// against its parent, counted from the games.
func (r *rig) learn(seed int64) (first, second float64) {
	r.Helper()
	parent := r.do(order{command: workload.Init, params: workload.InitParams{}}).as("gen0", workload.RoleModel)
	var datasets []workload.Input
	var shares [2]float64
	for generation := 1; generation <= 2; generation++ {
		lot := seed*100 + int64(generation)
		datasets = append(datasets, r.played(lot, parent, fmt.Sprintf("data%d", generation)))
		child := r.trained(lot, parent, datasets, fmt.Sprintf("gen%d", generation))
		shares[generation-1] = r.headToHead(lot, child, parent)
		parent = child
	}
	return shares[0], shares[1]
}

// played lets a model play itself, and exports the games.
func (r *rig) played(seed int64, m workload.Input, name string) workload.Input {
	r.Helper()
	games := r.do(order{command: workload.Selfplay, seed: seed, inputs: []workload.Input{m},
		params: workload.SelfplayParams{Games: learningGames, Model: m.Name}}).as("games", workload.RoleGames)
	require.EqualValues(r, learningGames, r.inspected(games).Verified)
	return r.do(order{command: workload.Export, inputs: []workload.Input{games},
		params: workload.ExportParams{Games: []string{"games"}}}).as(name, workload.RoleDataset)
}

// trained makes the next generation from all samples so far.
func (r *rig) trained(seed int64, parent workload.Input, datasets []workload.Input, name string) workload.Input {
	r.Helper()
	var sources []workload.CombineSource
	for _, d := range datasets {
		sources = append(sources, workload.CombineSource{Input: d.Name})
	}
	mixed := r.do(order{command: workload.Combine, seed: seed, inputs: datasets, params: workload.CombineParams{Datasets: sources}})
	inputs := []workload.Input{parent, mixed.as("mixed", workload.RoleDataset), mixed.as("holdout", workload.RoleHoldout)}
	d := r.do(order{command: workload.Train, seed: seed, inputs: inputs,
		params: workload.TrainParams{Dataset: "mixed", Holdout: "holdout", Parent: parent.Name}})
	told := metrics[workload.TrainMetrics](d)
	require.Less(r, *told.ValLossEnd, *told.ValLossStart)
	return d.as(name, workload.RoleModel)
}

// headToHead returns the share of games that one won against two, by inspection of the games.
func (r *rig) headToHead(seed int64, one, two workload.Input) float64 {
	r.Helper()
	games := r.do(order{command: workload.Evaluate, seed: seed, inputs: []workload.Input{one, two}, params: workload.EvaluateParams{
		Model: one.Name, Opponents: []workload.Opponent{{Player: workload.Player{Model: two.Name}, Games: learningGames}},
	}}).as("games", workload.RoleGames)
	for _, who := range r.inspected(games).Participants {
		if who.ID == one.Name {
			require.Equal(r, who.BySeat[0].Games, who.BySeat[1].Games, "each seat equally often")
			require.Equal(r, learningGames, who.Total().Games)
			return float64(who.Total().Wins) / learningGames
		}
	}
	require.Fail(r, "nobody played as "+one.Name)
	return 0
}
