package metricsanalysis

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func values(values ...float64) (points []point) {
	for i, value := range values {
		points = append(points, point{step: int64(i) + 1, value: value})
	}
	return points
}

// wiggle is noise that is the same each time.
func wiggle(random *rand.Rand) float64 { return (random.Float64() - .5) * .0004 }

// A curve that becomes better, is flat from point 20, has a spike at 50 and has fallen by 12 % from 80 on is one plateau,
// one odd point and one regression, each from the point on where it can be known.
func TestACurveIsReadPointByPoint(t *testing.T) {
	t.Parallel()
	for _, lower := range []bool{false, true} {
		random := rand.New(rand.NewPCG(1, 2))
		good := func(value float64) float64 { // what is 1 at best, in either direction
			if lower {
				return 2 - value
			}
			return value
		}
		var told []point
		for i := 1; i <= 100; i++ {
			value := 1.0
			switch {
			case i < 20:
				value = .5 + .5*float64(i)/20
			case i == 50:
				value = 1.5
			case i >= 80:
				value = .88
			}
			told = append(told, point{step: int64(i), value: good(value) + wiggle(random)})
		}
		settings := DefaultSettings()
		settings.MinImprovement = .01
		var plateau, regression, spike int
		for n := 1; n <= len(told); n++ {
			read := settings.read(curve{metric: "m", subject: "s", points: told[:n], lower: lower})
			switch {
			case plateau == 0 && read.Plateau:
				plateau = n
			case plateau != 0:
				require.True(t, read.Plateau, "point %d", n)
			}
			if read.Regression != "" && regression == 0 {
				regression = n
			}
			if regression != 0 {
				require.Equal(t, "severe", read.Regression, "point %d", n)
			}
			if len(read.Odd) > 0 && spike == 0 {
				spike = n
			}
			if spike != 0 {
				require.Len(t, read.Odd, 1)
				require.EqualValues(t, 50, read.Odd[0].Step)
			}
		}
		require.Equal(t, []int{30, 51, 80}, []int{plateau, spike, regression})
	}
}

func TestACurveThatBecomesBetterIsNoNews(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	var points []point
	for i := range 100 {
		points = append(points, point{step: int64(i), value: 2/float64(i+1) + wiggle(random)})
	}
	settings := DefaultSettings()
	settings.MinImprovement = 0
	for n := 1; n <= 40; n++ {
		read := settings.read(curve{points: points[:n], lower: true})
		require.False(t, read.Plateau, "point %d", n)
		require.Empty(t, read.Regression, "point %d", n)
		require.Empty(t, read.Odd, "point %d", n)
		if n > 1 {
			require.Negative(t, read.Slope, "point %d", n)
		}
	}
}

func TestSlope(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 2, slope(values(1, 3, 5, 7)), 1e-9)
	require.InDelta(t, -.5, slope(values(1, .5, 0)), 1e-9)
	require.InDelta(t, .4, slope(values(0, 1, 0, 1, 2)), 1e-9) // (−2·0 −1·1 +0·0 +1·1 +2·2) / 10
	require.Zero(t, slope(values(5)))
	require.Zero(t, slope(nil))
}

// A rating has fallen if it did so by more than the intervals leave open.
func TestRatingsFallByElo(t *testing.T) {
	t.Parallel()
	settings := DefaultSettings()
	for _, c := range []struct {
		drop, half float64
		want       string
	}{
		{19, 1, ""}, {20, 1, ""}, {21, 1, "minor"}, {36, 1, "moderate"}, {51, 1, "severe"}, {76, 1, "critical"},
		{76, 60, ""}, {76, 76 / math.Sqrt2, ""}, {76, 50, "critical"},
	} {
		points := []point{{1, 1500, c.half}, {2, 1500 - c.drop, c.half}}
		require.Equal(t, c.want, settings.read(curve{points: points, elo: true}).Regression, "%+v", c)
	}
}

func TestFewPointsSayLittle(t *testing.T) {
	t.Parallel()
	settings := DefaultSettings()
	require.Equal(t, reading{}, settings.read(curve{}))
	one := settings.read(curve{points: values(.5)})
	require.Equal(t, reading{Points: 1, Current: .5, Best: .5}, one)
	nothing := settings.read(curve{points: values(0, -1)})
	require.Empty(t, nothing.Regression, "there is no share of nothing")
	require.Empty(t, settings.read(curve{points: values(1, 1, 1, 9, 1, 1)}).Odd, "too few points before it")
}

// Only what differs from what was told last is news; odd points are told of once, and another run begins anew.
func TestOnlyChangesAreNews(t *testing.T) {
	t.Parallel()
	one := curve{metric: "val_loss", subject: "run-1", lower: true}
	first, changed := after(nil, one, reading{Odd: []odd{{Step: 5}, {Step: 9}}})
	require.True(t, changed)
	require.Len(t, first.Reading.Odd, 2)
	_, changed = after(&first, one, reading{Odd: []odd{{Step: 5}, {Step: 9}}})
	require.False(t, changed)
	second, changed := after(&first, one, reading{Plateau: true, Odd: []odd{{Step: 9}, {Step: 12}}})
	require.True(t, changed)
	require.Equal(t, []odd{{Step: 12}}, second.Reading.Odd)
	require.EqualValues(t, 2, second.Sequence)
	require.Len(t, second.news("sq5_2p"), 2, "a plateau and an odd point")
	third, _ := after(&second, one, reading{Plateau: true, Regression: "minor"})
	require.Len(t, third.news("sq5_2p"), 1, "the plateau was told")
	one.subject = "run-2"
	fourth, _ := after(&third, one, reading{Plateau: true})
	require.Zero(t, fourth.Now.LastOdd)
	require.Len(t, fourth.news("sq5_2p"), 2, "the regression is over, and this run has a plateau of its own")
}
