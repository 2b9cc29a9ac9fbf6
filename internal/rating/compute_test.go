package rating

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// duel is a match of two with wins, draws and losses of the first.
func duel(a, b string, wins, draws, losses int64) Match {
	match := Match{Participants: []string{a, b}}
	for _, outcome := range []Outcome{{[]int{1, 2}, wins}, {[]int{1, 1}, draws}, {[]int{2, 1}, losses}} {
		if outcome.Games > 0 {
			match.Outcomes = append(match.Outcomes, outcome)
		}
	}
	return match
}

// rate computes ratings by name.
func rate(t testing.TB, options Options, matches ...Match) map[string]Rating {
	t.Helper()
	ratings, err := Compute(matches, options)
	require.NoError(t, err)
	byName := map[string]Rating{}
	for _, one := range ratings {
		byName[one.Participant] = one
	}
	return byName
}

// wide is a prior that hardly says anything, so that closed forms of the bare likelihood hold.
var wide = Options{PriorMean: 1500, PriorDeviation: 2000, Pinned: map[string]float64{"anchor": 1500}}

func TestTwoPlayersFollowElo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		match      Match
		difference float64
	}{
		"three of four":      {duel("a", "anchor", 75_000, 0, 25_000), 400 * math.Log10(3)},
		"as many":            {duel("a", "anchor", 5000, 0, 5000), 0},
		"draws are half":     {duel("a", "anchor", 50_000, 50_000, 0), 400 * math.Log10(3)},
		"ten of eleven":      {duel("a", "anchor", 100_000, 0, 10_000), 400},
		"the published 55 %": {duel("a", "anchor", 55_000, 0, 45_000), 34.86},
	} {
		require.InDelta(t, 1500+c.difference, rate(t, wide, c.match)["a"].Rating, 0.02, name)
	}
}

// One player of n wins the share w against n−1 equal opponents: R = R_opp + 400·log10((n−1)·w/(1−w)).
func TestManyPlayersFollowTheClosedForm(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 3, 4, 8} {
		for _, share := range []float64{0.1, 1 / float64(n), 0.62, 0.9} {
			wins := int64(math.Round(share * 1_000_000))
			want, _ := Difference(float64(wins)/1_000_000, n)
			got := rate(t, wide, seats(n, wins, 1_000_000-wins))
			require.InDelta(t, want, got["a"].Rating-1500, 0.02, "%d players, share %g", n, share)
			require.EqualValues(t, 1_000_000, got["anchor"].Games, "in several seats of one game")
		}
	}
}

// seats is a match of a against n−1 anchors, winner takes all.
func seats(n int, wins, losses int64) Match {
	match := Match{Participants: []string{"a"}}
	won, lost := Outcome{[]int{1}, wins}, Outcome{[]int{2}, losses}
	for seat := 1; seat < n; seat++ {
		match.Participants = append(match.Participants, "anchor")
		won.Ranks, lost.Ranks = append(won.Ranks, 2), append(lost.Ranks, 2)
	}
	lost.Ranks[1] = 1
	match.Outcomes = []Outcome{won, lost}
	return match
}

// The inverse of the observed information: games·p·(1−p) of the likelihood and 1/deviation² of the prior.
func TestIntervalsComeFromTheObservedInformation(t *testing.T) {
	t.Parallel()
	options := Options{Pinned: map[string]float64{"anchor": 1500}}
	got := rate(t, options, duel("a", "anchor", 50, 0, 50), duel("b", "c", 0, 10, 0))
	deviation := 1 / math.Sqrt(100*0.25/(eloPerNat*eloPerNat)+1.0/(350*350))
	require.InDelta(t, 1500-z95*deviation, got["a"].Low, 0.001)
	require.InDelta(t, 1500+z95*deviation, got["a"].High, 0.001)
	require.Equal(t, Rating{"anchor", 1500, 1500, 1500, 100}, got["anchor"])

	// b and c never met the others: together they are only as sure as the prior.
	k, prior := 10*0.25/(eloPerNat*eloPerNat), 1.0/(350*350)
	variance := (prior + k) / ((prior+k)*(prior+k) - k*k) // the corner of the inverse of a 2×2 matrix
	require.InDelta(t, z95*math.Sqrt(variance), got["b"].High-got["b"].Rating, 0.001)
	require.Equal(t, 1500.0, got["b"].Rating)
}

// Equal players are rated equal, whatever their number. The original rated them −120 (3) and −191 (4).
func TestEqualStrengthIsEqualForAnyNumberOfPlayers(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 3, 4} {
		games := int64(n) * 100
		got := rate(t, wide, seats(n, 100, games-100))
		require.InDelta(t, 1500, got["a"].Rating, 0.001, "%d players, winner takes all", n)
		names := []string{"a", "b", "c", "d"}[:n]
		drawn := Match{names, []Outcome{{[]int{1, 1, 1, 1}[:n], 50}}}
		for _, one := range rate(t, Options{}, drawn) {
			require.InDelta(t, 1500, one.Rating, 0.001, "%d players who draw", n)
		}
	}
}

func TestRanksSayWhoCameSecond(t *testing.T) {
	t.Parallel()
	trio := []string{"a", "b", "c"}
	full := rate(t, Options{}, Match{trio, []Outcome{{[]int{1, 2, 3}, 20}}})
	require.Greater(t, full["a"].Rating, full["b"].Rating)
	require.Greater(t, full["b"].Rating, full["c"].Rating)

	// Winner takes all: losing together does not make players alike.
	losers := Match{trio, []Outcome{{[]int{1, 2, 2}, 1000}}}
	met := duel("b", "c", 90, 0, 10)
	apart := func(r map[string]Rating) float64 { return r["b"].Rating - r["c"].Rating }
	require.Greater(t, apart(rate(t, Options{}, losers, met)), 0.9*apart(rate(t, Options{}, met)))

	shared := rate(t, Options{}, Match{trio, []Outcome{{[]int{1, 1, 3}, 20}}})
	require.Equal(t, shared["a"], Rating{"a", shared["b"].Rating, shared["b"].Low, shared["b"].High, 20})
	require.Greater(t, shared["a"].Rating, shared["c"].Rating)
}

// An easy opponent more never lowers a rating: the original averaged 800 and 1600 to 1200.
func TestPerfectScoresAreFiniteAndAdd(t *testing.T) {
	t.Parallel()
	options := Options{Pinned: map[string]float64{"random": 400, "heuristic": 1200}}
	hard := rate(t, options, duel("a", "heuristic", 30, 0, 0))["a"]
	both := rate(t, options, duel("a", "heuristic", 30, 0, 0), duel("a", "random", 30, 0, 0))["a"]
	require.Greater(t, both.Rating, 1500.0)
	require.GreaterOrEqual(t, both.Rating, hard.Rating)
	require.EqualValues(t, 60, both.Games)
	lost := rate(t, options, duel("a", "random", 0, 0, 1_000_000))["a"]
	require.Less(t, lost.Rating, -1000.0)
}

func TestOrderLeavesNoTrace(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(4, 4))
	matches := tournament(random, 3, 12, 300)
	want := exactly(t, matches)
	for range 10 {
		random.Shuffle(len(matches), func(i, j int) { matches[i], matches[j] = matches[j], matches[i] })
		for _, m := range matches {
			random.Shuffle(len(m.Outcomes), func(i, j int) { m.Outcomes[i], m.Outcomes[j] = m.Outcomes[j], m.Outcomes[i] })
			random.Shuffle(len(m.Participants), func(i, j int) { // other seats, the same games
				m.Participants[i], m.Participants[j] = m.Participants[j], m.Participants[i]
				for _, o := range m.Outcomes {
					o.Ranks[i], o.Ranks[j] = o.Ranks[j], o.Ranks[i]
				}
			})
		}
		require.Equal(t, want, exactly(t, matches))
	}
}

// exactly are the ratings as bytes, and the strengths and deviations that rounding would hide.
func exactly(t *testing.T, matches []Match) string {
	t.Helper()
	ratings, err := Compute(matches, Options{})
	require.NoError(t, err)
	var names []string
	for _, one := range ratings {
		names = append(names, one.Participant)
	}
	p := newPosterior(matches, names, Options{}.orDefault())
	deviations, err := p.maximise()
	require.NoError(t, err)
	document, err := json.Marshal([]any{ratings, p.strengths, deviations})
	require.NoError(t, err)
	return string(document)
}

func TestErrorsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	ok := duel("a", "b", 1, 0, 0)
	for want, c := range map[string]struct {
		match   Match
		options Options
	}{
		"1 participants":                     {Match{Participants: []string{"a"}, Outcomes: ok.Outcomes}, Options{}},
		"seat 1 has no name":                 {duel("a", "", 1, 0, 0), Options{}},
		"no outcomes":                        {duel("a", "b", 0, 0, 0), Options{}},
		`match 1 of ["a" "b"]: ranks are [2`: {Match{ok.Participants, []Outcome{{[]int{2, 2}, 1}}}, Options{}},
		"ranks are [1 3]":                    {Match{ok.Participants, []Outcome{{[]int{1, 3}, 1}}}, Options{}},
		"ranks are [1]":                      {Match{ok.Participants, []Outcome{{[]int{1}, 1}}}, Options{}},
		"have 0 games":                       {Match{ok.Participants, []Outcome{{[]int{1, 2}, 0}}}, Options{}},
		"more than 100000000 games in all":   {duel("a", "b", MaxGames, 0, 0), Options{}},
		"pinned random = NaN":                {ok, Options{Pinned: map[string]float64{"random": math.NaN()}}},
		"pinned random = 1e+300":             {ok, Options{Pinned: map[string]float64{"random": 1e300}}},
		"prior_deviation = 0":                {ok, Options{PriorMean: 1000}},
		"prior_mean = +Inf":                  {ok, Options{PriorMean: math.Inf(1), PriorDeviation: 9}},
	} {
		_, err := Compute([]Match{ok, c.match}, c.options)
		require.ErrorContains(t, err, want)
	}
	_, err := Compute([]Match{crowd(MaxParticipants + 1)}, Options{})
	require.Error(t, err)
	none, err := Compute(nil, Options{})
	require.NoError(t, err)
	require.Empty(t, none)
}

// crowd is a match of more seats than there can be.
func crowd(n int) Match {
	match := Match{Participants: strings.Split(strings.Repeat("x ", n), " ")[:n], Outcomes: []Outcome{{make([]int, n), 1}}}
	return match
}

func BenchmarkCompute300(b *testing.B) {
	matches := tournament(rand.New(rand.NewPCG(1, 1)), 2, 300, 20_000)
	for b.Loop() {
		_, err := Compute(matches, Options{})
		require.NoError(b, err)
	}
}

func BenchmarkCompute1000(b *testing.B) {
	matches := tournament(rand.New(rand.NewPCG(1, 1)), 4, 1000, 20_000)
	for b.Loop() {
		_, err := Compute(matches, Options{})
		require.NoError(b, err)
	}
}
