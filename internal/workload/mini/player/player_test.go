package player_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
	"github.com/ringrift/orchestrator/internal/workload/mini/player"
	"github.com/ringrift/orchestrator/internal/workload/mini/search"
)

func handmade(t *testing.T, rules *game.Rules, simulations int) player.Player {
	t.Helper()
	m, err := player.Handmade(rules)
	require.NoError(t, err)
	require.True(t, m.Finite())
	net, err := model.Compile(rules, m)
	require.NoError(t, err)
	return player.NewSearching(rules, net, search.Settings{Simulations: simulations, Exploration: 1.5})
}

// Every player wins a won game and blocks a lost one, whatever the random source; random does neither.
func TestPlayersWinAndBlock(t *testing.T) {
	t.Parallel()
	rules, err := game.Lookup("sq5_2p")
	require.NoError(t, err)
	for name, who := range map[string]player.Player{
		"heuristic": player.Heuristic{}, "policy": handmade(t, rules, 1), "search": handmade(t, rules, 64),
	} {
		for _, played := range [][]int{{5, 24, 6, 22, 7, 20}, {5, 24, 6, 22, 7}} {
			p := game.NewPosition(rules)
			for _, cell := range played {
				p.Push(cell)
			}
			for seed := range uint64(20) {
				cell, _ := who.Choose(p, rand.New(rand.NewPCG(seed, 0)), 0, make([]int32, len(rules.Cells)))
				require.Equal(t, 8, cell, "%s after %v", name, played)
			}
		}
	}
}

// Among three, the searching baseline thinks of a block before anything but a win, the block against the next player first.
func TestThreatsOfAllOthersAreBlocked(t *testing.T) {
	t.Parallel()
	rules, err := game.Lookup("sq5_3p")
	require.NoError(t, err)
	m, err := player.Handmade(rules)
	require.NoError(t, err)
	patterns, err := model.NewPatterns(rules, m.Architecture)
	require.NoError(t, err)
	last := rules.InARow - 1
	weight := func(counts ...int) float64 { return m.Policy[patterns.Policy(counts, 0)] }
	require.Greater(t, weight(last, 0, 0), weight(0, last, 0))
	require.Greater(t, weight(0, last, 0), weight(0, 0, last))
	require.Greater(t, weight(0, 0, last), 4*weight(last-1, 0, 0))
}

// score returns how often one wins against two in 100 games, half of them from each seat.
func score(t *testing.T, rules *game.Rules, one, two player.Player) (wins, losses int) {
	t.Helper()
	visits := make([]int32, len(rules.Cells))
	for i := range 100 {
		random := rand.New(rand.NewPCG(9, uint64(i)))
		p := game.NewPosition(rules)
		for !p.Over() {
			who := two
			if p.Turn() == i%rules.Players {
				who = one
			}
			cell, _ := who.Choose(p, random, 0, visits)
			require.NoError(t, p.Play(cell))
		}
		switch p.Winner() {
		case game.None:
		case i % rules.Players:
			wins++
		default:
			losses++
		}
	}
	return wins, losses
}

func TestBaselinesAreOrdered(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"sq5_2p", "hex3_2p"} {
		rules, err := game.Lookup(key)
		require.NoError(t, err)
		wins, _ := score(t, rules, player.Heuristic{}, player.Random{})
		require.Greater(t, wins, 90, "%s: heuristic against random", key)
		wins, losses := score(t, rules, handmade(t, rules, 48), player.Heuristic{})
		t.Logf("%s: search wins %d and loses %d against heuristic", key, wins, losses)
		require.Greater(t, wins, losses, "%s: search against heuristic", key)
	}
}

func TestTemperatureDrawsByVisits(t *testing.T) {
	t.Parallel()
	rules, err := game.Lookup("sq5_2p")
	require.NoError(t, err)
	who := handmade(t, rules, 48)
	visits := make([]int32, len(rules.Cells))
	cells := map[int]bool{}
	for seed := range uint64(50) {
		cell, searched := who.Choose(game.NewPosition(rules), rand.New(rand.NewPCG(seed, 0)), 1, visits)
		require.True(t, searched)
		require.Positive(t, visits[cell], "a move that was not tried is never drawn")
		cells[cell] = true
	}
	require.Greater(t, len(cells), 3)
}
