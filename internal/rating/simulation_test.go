package rating

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// simulate plays a game of players with strengths in Elo and returns the ranks: the order in which they are chosen.
func simulate(random *rand.Rand, elo []float64) []int {
	ranks := make([]int, len(elo))
	times := make([]float64, len(elo))
	for seat, strength := range elo { // the order of exponential arrivals is that of Plackett and Luce
		times[seat] = random.ExpFloat64() / math.Exp(strength/eloPerNat)
	}
	for seat, mine := range times {
		for _, other := range times {
			if other <= mine {
				ranks[seat]++
			}
		}
	}
	return ranks
}

// winnerTakesAll forgets who came second.
func winnerTakesAll(ranks []int) []int {
	for seat := range ranks {
		ranks[seat] = min(ranks[seat], 2)
	}
	return ranks
}

// strengths draws players from the prior.
func strengths(random *rand.Rand, players int) map[string]float64 {
	all := map[string]float64{}
	for i := range players {
		all[fmt.Sprintf("p%03d", i)] = PriorMean + PriorDeviation*random.NormFloat64()
	}
	return all
}

// play has random tables of n of the players play games, full ranks or winner takes all.
func play(random *rand.Rand, elo map[string]float64, n, games int, ranksOf func([]int) []int) []Match {
	matches := make([]Match, games)
	for i := range matches {
		match, table := Match{}, random.Perm(len(elo))[:n]
		var present []float64
		for _, who := range table {
			name := fmt.Sprintf("p%03d", who)
			match.Participants, present = append(match.Participants, name), append(present, elo[name])
		}
		match.Outcomes = []Outcome{{ranksOf(simulate(random, present)), 1}}
		matches[i] = match
	}
	return matches
}

func tournament(random *rand.Rand, n, players, games int) []Match {
	return play(random, strengths(random, players), n, games, func(ranks []int) []int { return ranks })
}

// The interval holds the truth in 95 of 100 cases: for players out of the prior, with full ranks and where the
// winner takes all, in groups of 2, 3 and 4.
func TestIntervalsHoldTheTruth(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 3, 4} {
		for kind, ranksOf := range map[string]func([]int) []int{"ranks": func(r []int) []int { return r }, "winner": winnerTakesAll} {
			random := rand.New(rand.NewPCG(uint64(n), 95))
			inside, all := 0, 0
			for range 150 {
				elo := strengths(random, 6)
				for _, one := range rate(t, Options{}, play(random, elo, n, 60, ranksOf)...) {
					all++
					if truth := elo[one.Participant]; one.Low <= truth && truth <= one.High {
						inside++
					}
				}
			}
			coverage := float64(inside) / float64(all)
			require.InDelta(t, 0.95, coverage, 0.03, "%d players, %s", n, kind)
			t.Logf("%d players, %s: %.3f of %d", n, kind, coverage, all)
		}
	}
}

// The null test: a player as strong as its pinned opponents. The interval holds their rating in 95 of 100 cases,
// and the mean over many data sets is that rating.
func TestNullIsNull(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 3, 4} {
		random := rand.New(rand.NewPCG(uint64(n), 0))
		inside, sum := 0, 0.0
		const sets, games = 1000, 200
		for range sets {
			wins := int64(0)
			for range games {
				if random.IntN(n) == 0 {
					wins++
				}
			}
			got := rate(t, wide, seats(n, max(wins, 1), games-wins))["a"]
			sum += got.Rating
			if got.Low <= 1500 && 1500 <= got.High {
				inside++
			}
		}
		require.InDelta(t, 0.95, float64(inside)/sets, 0.03, "%d players", n)
		require.InDelta(t, 1500, sum/sets, 4, "%d players", n)
		t.Logf("%d players: %.3f, mean %.1f", n, float64(inside)/sets, sum/sets)
	}
}

// sprtRun plays until the test is decided.
func sprtRun(random *rand.Rand, test SPRT, players int, elo, draws float64) SPRTResult {
	score := Score{Players: players}
	rate := Expected(elo, players)
	win := rate - draws/float64(players)
	for {
		for range players { // whole rounds, as evaluations play them
			switch at := random.Float64(); {
			case at < win:
				score.Wins++
			case at < win+draws:
				score.Draws++
			default:
				score.Losses++
			}
		}
		if result := test.Test(score); result.State != Undecided {
			return result
		}
	}
}

func TestSPRTErrsAsRarelyAsItSays(t *testing.T) {
	t.Parallel()
	test := DefaultSPRT()
	test.MaxGames = 100_000 // without the cap every run is decided
	for _, c := range []struct {
		players int
		draws   float64
	}{{2, 0}, {2, 0.5}, {2, 0.9}, {3, 0.3}, {4, 0.9}} {
		random := rand.New(rand.NewPCG(uint64(c.players), uint64(100*c.draws)))
		wrong := map[SPRTState]float64{}
		const runs = 600
		for range runs {
			if sprtRun(random, test, c.players, test.Elo0, c.draws).State == Accepted {
				wrong[Accepted]++
			}
			if sprtRun(random, test, c.players, test.Elo1, c.draws).State == Rejected {
				wrong[Rejected]++
			}
		}
		t.Logf("%d players, %.0f %% draws: accepts H0 %.3f, rejects H1 %.3f", c.players, 100*c.draws, wrong[Accepted]/runs, wrong[Rejected]/runs)
		slack := 0.02 // two standard deviations of a rate of 5 % over 600 runs
		if c.draws >= 0.9 {
			slack = 0.03 // the test then speaks on a handful of decisive games
		}
		require.LessOrEqual(t, wrong[Accepted]/runs, test.Alpha+slack, "%+v", c)
		require.LessOrEqual(t, wrong[Rejected]/runs, test.Beta+slack, "%+v", c)
	}
}
