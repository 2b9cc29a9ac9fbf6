package rating

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSPRTStates(t *testing.T) {
	t.Parallel()
	test := DefaultSPRT()
	for _, c := range []struct {
		want  SPRTState
		score Score
	}{
		{Accepted, Score{2, 140, 0, 60}},
		{Rejected, Score{2, 60, 0, 90}},
		{Undecided, Score{2, 105, 0, 95}},
		{Undecided, Score{8, 19, 0, 0}}, // fewer than MinGames
		{Accepted, Score{8, 20, 0, 0}},
		{Undecided, Score{2, 0, 0, 0}},
		{Capped, Score{2, 316, 0, 284}},
		{Accepted, Score{2, 350, 0, 250}}, // a decision counts at the cap too
		{Accepted, Score{3, 100, 0, 100}},
		{Rejected, Score{3, 40, 0, 160}},
		{Rejected, Score{4, 0, 400, 0}}, // only draws: certainly no stronger
		{Undecided, Score{4, 30, 0, 80}},
	} {
		result := test.Test(c.score)
		require.Equal(t, c.want, result.State, "%+v: %+v", c.score, result)
	}
	require.InDelta(t, 2.94, test.Test(Score{Players: 2}).Upper, 0.005)
	require.InDelta(t, -2.94, test.Test(Score{Players: 2}).Lower, 0.005)
}

// The method of fishtest's LLRcalc.LLR_logistic, worked out apart from this package: the best distributions by
// iteration, with a thousandth of a game where a count is 0.
func TestSPRTAgreesWithFishtest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		elo0, elo1          float64
		wins, draws, losses int64
		llr                 float64
	}{
		{0, 35, 110, 60, 80, 2.3142},
		{0, 35, 50, 200, 50, -4.4736},
		{0, 35, 140, 0, 60, 7.0460},
		{0, 35, 30, 5, 0, 3.3484},
		{0, 35, 0, 40, 3, -4.5482},
		{0, 3, 4307, 8620, 4063, 2.9913},
		{-5, 0, 1000, 3000, 1010, 0.9342},
		{0, 35, 90, 400, 110, -14.7574},
		{0, 20, 76, 0, 2, 4.1307},
	} {
		test := SPRT{Elo0: c.elo0, Elo1: c.elo1, Alpha: 0.05, Beta: 0.05, MaxGames: 1}
		require.InDelta(t, c.llr, test.Test(Score{2, c.wins, c.draws, c.losses}).LLR, 0.01, "%+v", c)
	}
}

// stopRule is the rule of the workload contract as internal/workload/mini plays by it: the evidence of a coin,
// with a draw as its parts of a win and of a loss.
func stopRule(test SPRT, score Score) float64 {
	low, high := Expected(test.Elo0, score.Players), Expected(test.Elo1, score.Players)
	wins := float64(score.Wins) + float64(score.Draws)*score.Parity()
	return wins*math.Log(high/low) + (float64(score.Games())-wins)*math.Log((1-high)/(1-low))
}

func TestSPRTAgreesWithTheStopRule(t *testing.T) {
	t.Parallel()
	test := DefaultSPRT()
	for players := 2; players <= 4; players++ {
		for wins := int64(0); wins <= 600; wins += 11 {
			for losses := int64(0); wins+losses <= 600; losses += 7 {
				score := Score{players, wins, 0, losses}
				require.InDelta(t, stopRule(test, score), test.Test(score).LLR, 1e-9, "%+v", score)
				for _, draws := range []int64{1, 10, 100, 400} {
					score.Draws = draws
					coin, result := stopRule(test, score), test.Test(score)
					if coin >= result.Upper {
						require.Equal(t, Accepted, result.State, "%+v: %g, %+v", score, coin, result)
					} else if coin <= result.Lower {
						require.Equal(t, Rejected, result.State, "%+v: %g, %+v", score, coin, result)
					}
				}
			}
		}
	}
}

func TestSPRTIsChecked(t *testing.T) {
	t.Parallel()
	require.NoError(t, DefaultSPRT().Validate())
	err := SPRT{Elo0: 5, Elo1: 5, Alpha: 0, Beta: 0.5, MinGames: -1}.Validate()
	for _, fault := range []string{"elo0 = 5", "alpha = 0", "beta = 0.5", "min_games = -1", "max_games = 0"} {
		require.ErrorContains(t, err, fault)
	}
}
