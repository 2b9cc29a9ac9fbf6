package rating

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzCompute rates whatever valid evidence the bytes spell: the result is finite, in order, and the same for
// reversed evidence.
func FuzzCompute(f *testing.F) {
	f.Add([]byte{2, 0, 1, 0, 200}, 1500.0, 350.0, 400.0)
	f.Add([]byte{4, 0, 1, 2, 2, 27, 255, 3, 1, 1, 2, 9, 1, 2, 3, 4, 1, 80}, -4e3, 1.0, 4e3)
	f.Add([]byte{2, 1, 0, 3, 255, 2, 2, 1, 1, 255, 2, 3, 2, 0, 255}, 4e3, 2000.0, -4e3)
	f.Fuzz(func(t *testing.T, spelled []byte, mean, deviation, pin float64) {
		options := Options{PriorMean: mean, PriorDeviation: deviation, Pinned: map[string]float64{"p1": pin, "p2": -pin}}
		if options.orDefault().validate() != nil {
			t.Skip()
		}
		matches := spell(spelled)
		ratings, err := Compute(matches, options)
		require.NoError(t, err)
		for _, one := range ratings {
			for _, value := range []float64{one.Rating, one.Low, one.High} {
				require.False(t, math.IsNaN(value) || math.IsInf(value, 0), "%+v", one)
			}
			require.LessOrEqual(t, one.Low, one.Rating)
			require.LessOrEqual(t, one.Rating, one.High)
			require.Positive(t, one.Games)
		}
		for i := range len(matches) / 2 {
			matches[i], matches[len(matches)-1-i] = matches[len(matches)-1-i], matches[i]
		}
		again, err := Compute(matches, options)
		require.NoError(t, err)
		require.Equal(t, ratings, again)
	})
}

// spell reads matches of 2 to 5 seats: their number, participants, a byte of ranks, a byte of games.
func spell(bytes []byte) (matches []Match) {
	for len(bytes) > 0 && len(matches) < 100 {
		n := 2 + int(bytes[0])%4
		if len(bytes) < n+3 {
			break
		}
		match, ranks := Match{}, make([]int, n)
		for seat := range n {
			match.Participants = append(match.Participants, fmt.Sprintf("p%d", bytes[1+seat]%40))
			ranks[seat] = 1 + (int(bytes[n+1])>>seat)*seat%n
		}
		ranks[0] = 1
		games := int64(math.Pow(1.06, float64(bytes[n+2]))) // 1 to 2.8 million
		match.Outcomes = []Outcome{{ranks, max(1, games/10)}}
		matches, bytes = append(matches, match), bytes[n+3:]
	}
	return matches
}

// FuzzSPRT tests whatever valid score there is: the ratio is finite, and turning wins into losses never helps.
func FuzzSPRT(f *testing.F) {
	f.Add(2, int64(1), int64(0), int64(0))
	f.Add(64, int64(0), int64(MaxGames), int64(1))
	f.Add(3, int64(MaxGames), int64(MaxGames), int64(MaxGames))
	f.Fuzz(func(t *testing.T, players int, wins, draws, losses int64) {
		score := Score{players, wins, draws, losses}
		if score.Validate() != nil {
			t.Skip()
		}
		result := DefaultSPRT().Test(score)
		require.False(t, math.IsNaN(result.LLR) || math.IsInf(result.LLR, 0), "%+v: %+v", score, result)
		if score.Wins > 0 && score.Losses < MaxGames {
			worse := DefaultSPRT().Test(Score{players, wins - 1, draws, losses + 1})
			require.LessOrEqual(t, worse.LLR, result.LLR+1e-6*(1+math.Abs(result.LLR)), "%+v", score)
		}
		if low, high, ok := score.Interval(); ok {
			rate, _ := score.Rate()
			require.True(t, 0 <= low && low <= rate+1e-12 && rate <= high+1e-12 && high <= 1, "%+v: %g %g", score, low, high)
		}
	})
}
