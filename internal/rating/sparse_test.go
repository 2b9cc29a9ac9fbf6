package rating

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// loop is the evidence of a training loop: each candidate meets two baselines and the champion of its time, whom it
// follows if it wins most of their games.
func loop(random *rand.Rand, candidates int) (matches []Match, elo map[string]float64) {
	elo = map[string]float64{"random": 400, "heuristic": PriorMean + PriorDeviation*random.NormFloat64()}
	champion := "heuristic"
	for i := range candidates {
		name := fmt.Sprintf("model%05d", i)
		elo[name] = PriorMean + PriorDeviation*random.NormFloat64()
		for _, opponent := range []string{"random", "heuristic", champion} {
			wins := int64(0)
			const games = 40
			for range games {
				if random.Float64() < Expected(elo[name]-elo[opponent], 2) {
					wins++
				}
			}
			matches = append(matches, duel(name, opponent, wins, 0, games-wins))
			if opponent == champion && 2*wins > games && random.IntN(3) == 0 {
				champion = name
			}
		}
	}
	return matches, elo
}

// A loop that has gone on for years still gets its ratings, and their intervals still hold the truth.
func TestThousandsOfCandidatesAreRated(t *testing.T) {
	t.Parallel()
	matches, elo := loop(rand.New(rand.NewPCG(5000, 1)), 5000)
	options := Options{Pinned: map[string]float64{"random": 400}}
	inside, all := 0, 0
	for name, one := range rate(t, options, matches...) {
		if name == "random" {
			continue
		}
		all++
		if truth := elo[name]; one.Low <= truth && truth <= one.High {
			inside++
		}
	}
	require.Equal(t, 5001, all)
	require.InDelta(t, 0.95, float64(inside)/float64(all), 0.015)
}

// The sparse equations say what dense ones say, whoever has met whom.
func TestSparseEquationsAreExact(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(6, 7))
	for _, c := range []struct{ size, met int }{{1, 0}, {2, 1}, {30, 0}, {30, 40}, {70, 90}, {70, 400}, {20, 2000}} {
		full, met := make([][]float64, c.size), newLinks(c.size)
		for i := range full {
			full[i] = make([]float64, c.size)
			full[i][i] = 0.1
		}
		for range c.met {
			a, b, games := random.IntN(c.size), random.IntN(c.size), random.Float64()
			if a == b {
				continue
			}
			met.add(a, b)
			full[a][a], full[b][b] = full[a][a]+games, full[b][b]+games
			full[a][b], full[b][a] = full[a][b]-games, full[b][a]-games
		}
		sparse, b := newSymmetric(patternOf(met)), make([]float64, c.size)
		for i := range full {
			b[i] = random.NormFloat64()
			for j := range i + 1 {
				if full[i][j] != 0 {
					sparse.add(i, j, full[i][j])
				}
			}
		}
		_, ok := sparse.factorise()
		require.True(t, ok)
		x, inverse := sparse.solve(b), sparse.inverseDiagonal()
		unit := make([]float64, c.size)
		for i := range full {
			require.InDelta(t, b[i], dot(full[i], x), 1e-9, "%+v", c)
			unit[i] = 1
			require.InDelta(t, sparse.solve(unit)[i], inverse[i], 1e-9, "%+v", c)
			unit[i] = 0
		}
	}
}

func TestAMatrixThatIsNotPositiveDefiniteNamesItsRow(t *testing.T) {
	t.Parallel()
	met := newLinks(3)
	met.add(0, 2)
	s := newSymmetric(patternOf(met))
	for row, value := range []float64{1, 1, 1} {
		s.add(row, row, value)
	}
	s.add(2, 0, -1)
	row, ok := s.factorise()
	require.False(t, ok)
	require.NotEqual(t, 1, row)
}

func BenchmarkComputeLoop(b *testing.B) {
	for _, candidates := range []int{1000, 3000, 9000} {
		matches, _ := loop(rand.New(rand.NewPCG(1, 1)), candidates)
		b.Run(fmt.Sprint(candidates), func(b *testing.B) {
			for b.Loop() {
				_, err := Compute(matches, Options{Pinned: map[string]float64{"random": 400}})
				require.NoError(b, err)
			}
		})
	}
}
