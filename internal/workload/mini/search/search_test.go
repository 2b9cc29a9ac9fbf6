package search_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
	"github.com/ringrift/orchestrator/internal/workload/mini/search"
)

// searcher has a model that knows nothing, so that what it finds it finds by search.
func searcher(t testing.TB, key string, settings search.Settings) (*game.Rules, *search.Searcher) {
	t.Helper()
	rules, err := game.Lookup(key)
	require.NoError(t, err)
	m, err := model.New(rules, model.Pattern)
	require.NoError(t, err)
	net, err := model.Compile(rules, m)
	require.NoError(t, err)
	return rules, search.New(rules, net, settings)
}

func position(t testing.TB, rules *game.Rules, cells ...int) *game.Position {
	t.Helper()
	p := game.NewPosition(rules)
	for _, cell := range cells {
		require.NoError(t, p.Play(cell))
	}
	return p
}

func best(visits []int32) int {
	at := 0
	for cell, n := range visits {
		if n > visits[at] {
			at = cell
		}
	}
	return at
}

// Rows of the 5×5 board are 0–4, 5–9 and so on.
func TestSearchFindsWinsAndBlocks(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		key    string
		played []int
		want   []int
	}{
		"win in one":          {"sq5_2p", []int{5, 24, 6, 22, 7, 20}, []int{8}},
		"block in one":        {"sq5_2p", []int{5, 24, 6, 22, 7}, []int{8}},
		"win before block":    {"sq5_2p", []int{5, 20, 6, 21, 7, 22}, []int{8}},
		"win of three":        {"sq5_3p", []int{0, 24, 10, 1, 22, 12}, []int{2}},
		"block the next seat": {"sq5_3p", []int{12, 4, 23, 7, 9, 21, 0, 2}, []int{22}},
	} {
		rules, s := searcher(t, one.key, search.Settings{Simulations: 4000, Exploration: 1.5})
		p := position(t, rules, one.played...)
		visits := make([]int32, len(rules.Cells))
		s.Visits(p, nil, visits)
		require.Contains(t, one.want, best(visits), "%s: %v", name, visits)
	}
}

func TestVisitsAddUpAndLeaveThePositionAlone(t *testing.T) {
	t.Parallel()
	for _, key := range game.Keys() {
		rules, s := searcher(t, key, search.Settings{Simulations: 200, Exploration: 1.5, NoiseShare: 0.25})
		p := position(t, rules, 3, 7)
		visits := make([]int32, len(rules.Cells))
		s.Visits(p, rand.New(rand.NewPCG(1, 1)), visits)
		require.Equal(t, position(t, rules, 3, 7), p, key)
		total := int32(0)
		for cell, n := range visits {
			total += n
			require.False(t, n > 0 && p.Stone(cell) != game.None, "%s: cell %d is taken", key, cell)
		}
		require.EqualValues(t, 199, total, key)
	}
}

func TestSearchIsRepeatable(t *testing.T) {
	t.Parallel()
	rules, s := searcher(t, "hex3_4p", search.Settings{Simulations: 300, Exploration: 1.5, NoiseShare: 0.25})
	first, second := make([]int32, len(rules.Cells)), make([]int32, len(rules.Cells))
	s.Visits(position(t, rules), rand.New(rand.NewPCG(5, 5)), first)
	s.Visits(position(t, rules, 1, 2, 3), rand.New(rand.NewPCG(6, 6)), second)
	s.Visits(position(t, rules), rand.New(rand.NewPCG(5, 5)), second)
	require.Equal(t, first, second)
	s.Visits(position(t, rules), rand.New(rand.NewPCG(6, 5)), second)
	require.NotEqual(t, first, second, "noise follows the source")
}

func BenchmarkSearch(b *testing.B) {
	for _, key := range game.Keys() {
		b.Run(key, func(b *testing.B) {
			rules, s := searcher(b, key, search.Settings{Simulations: 48, Exploration: 1.5})
			p := position(b, rules, 3, 7)
			visits := make([]int32, len(rules.Cells))
			b.ReportAllocs()
			for b.Loop() {
				s.Visits(p, nil, visits)
			}
		})
	}
}
