package rating

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Published figures: specs/03 part D for Elo; Wilson's interval of 50 and of 0 in 100, and of 30 in 30.
func TestPublishedFigures(t *testing.T) {
	t.Parallel()
	for rate, elo := range map[float64]float64{0.52: 14, 0.55: 35, 0.58: 56, 0.60: 70, 0.65: 108} {
		got, ok := Difference(rate, 2)
		require.True(t, ok)
		require.InDelta(t, elo, got, 0.5, "%g", rate)
		require.InDelta(t, rate, Expected(got, 2), 1e-12)
	}
	for _, c := range []struct {
		rate, low, high float64
		games           int64
	}{{0.5, 0.4038, 0.5962, 100}, {0, 0, 0.0370, 100}, {1, 0.8865, 1, 30}, {0.58, 0.5107, 0.6463, 200}} {
		low, high := Wilson(c.rate, c.games)
		require.InDelta(t, c.low, low, 5e-5, "%+v", c)
		require.InDelta(t, c.high, high, 5e-5, "%+v", c)
	}
}

func TestParityIsNoDifferenceForAnyNumberOfPlayers(t *testing.T) {
	t.Parallel()
	for n := 2; n <= MaxSeats; n++ {
		elo, ok := Difference(1/float64(n), n)
		require.True(t, ok)
		require.InDelta(t, 0, elo, 1e-9)
		require.InDelta(t, 1/float64(n), Expected(0, n), 1e-12)
		drawn := Score{Players: n, Draws: 10}
		rate, ok := drawn.Rate()
		require.True(t, ok)
		require.InDelta(t, drawn.Parity(), rate, 1e-12, "draws of all are parity")
	}
}

func TestWhatIsUnknownIsNotNothing(t *testing.T) {
	t.Parallel()
	_, ok := Score{Players: 2}.Rate()
	require.False(t, ok)
	_, _, ok = Score{Players: 2}.Interval()
	require.False(t, ok)
	for _, rate := range []float64{0, 1, -1, 2} {
		_, ok = Difference(rate, 2)
		require.False(t, ok, "%g", rate)
	}
}

func TestScoresAreChecked(t *testing.T) {
	t.Parallel()
	require.NoError(t, Score{2, 1, 2, 3}.Validate())
	require.ErrorContains(t, Score{1, 1, 2, 3}.Validate(), "players = 1")
	require.ErrorContains(t, Score{2, 1, -2, 3}.Validate(), "= 1, -2, 3")
}

func TestVelocity(t *testing.T) {
	t.Parallel()
	start := time.Unix(1_000_000, 0)
	at := func(hours, elo float64) Point {
		return Point{start.Add(time.Duration(hours * float64(time.Hour))), elo}
	}
	for name, c := range map[string]struct {
		points []Point
		want   float64
		ok     bool
	}{
		"a line":                    {[]Point{at(2, 1520), at(0, 1500), at(1, 1510)}, 10, true},
		"least squares":             {[]Point{at(0, 0), at(1, 3), at(2, 0), at(3, 3)}, 0.6, true},
		"falling for a day":         {[]Point{at(0, 1500), at(24, 1380)}, -5, true},
		"two points an hour apart":  {[]Point{at(0, 1500), at(1, 1600)}, 0, false},
		"three at once":             {[]Point{at(0, 1500), at(0, 1510), at(0, 1520)}, 0, false},
		"one":                       {[]Point{at(0, 1500)}, 0, false},
		"none":                      {nil, 0, false},
		"steady is known to be nil": {[]Point{at(0, 1500), at(1, 1500), at(2, 1500)}, 0, true},
	} {
		got, ok := Velocity(c.points)
		require.Equal(t, c.ok, ok, name)
		if ok {
			require.InDelta(t, c.want, got, 1e-9, name)
		}
	}
}
