package modelperformancewatchdog

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/rating"
)

func measured(wins, draws, losses int64) measurement {
	return measurement{Score: rating.Score{Players: 2, Wins: wins, Draws: draws, Losses: losses}}
}

func TestTheNewestMeasurementCounts(t *testing.T) {
	t.Parallel()
	settings := DefaultSettings()
	for name, c := range map[string]struct {
		measured    []measurement
		known       bool
		severity    string
		consecutive int
	}{
		"nothing":               {nil, false, fine, 0},
		"too few games":         {[]measurement{measured(0, 0, leastGames-1)}, false, fine, 0},
		"no games":              {[]measurement{measured(0, 0, 0)}, false, fine, 0},
		"strong":                {[]measurement{measured(60, 0, 40)}, true, fine, 0},
		"at the limit":          {[]measurement{measured(55, 0, 45)}, true, fine, 0},
		"draws are halves":      {[]measurement{measured(50, 10, 40)}, true, fine, 0},
		"below the limit":       {[]measurement{measured(50, 0, 50)}, true, moderate, 1},
		"at the lower limit":    {[]measurement{measured(45, 0, 55)}, true, moderate, 1},
		"far below":             {[]measurement{measured(40, 0, 60)}, true, severe, 1},
		"strong after weak":     {[]measurement{measured(40, 0, 60), measured(60, 0, 40)}, true, fine, 0},
		"weak twice":            {[]measurement{measured(60, 0, 40), measured(40, 0, 60), measured(50, 0, 50)}, true, moderate, 2},
		"too few hide no other": {[]measurement{measured(40, 0, 60), measured(9, 0, 1)}, true, severe, 1},
	} {
		found, known := settings.judge(c.measured)
		require.Equal(t, []any{c.known, c.severity, c.consecutive}, []any{known, found.Severity, found.Consecutive}, name)
	}
}

// The share that an equally strong model wins of more players' games is smaller.
func TestMorePlayers(t *testing.T) {
	t.Parallel()
	require.InDelta(t, .5, among(.5, 2), 1e-9)
	require.InDelta(t, 1./3, among(.5, 3), 1e-9)
	require.InDelta(t, .25, among(.5, 4), 1e-9)
	require.InDelta(t, .55, among(.55, 2), 1e-9)
	require.InDelta(t, 1, among(1, 4), 1e-9)
	require.Zero(t, among(0, 3))
}

// Only games against nothing but the baseline are measurements; those of one source are one, and few are remembered.
func TestStrengths(t *testing.T) {
	t.Parallel()
	match := func(source string, participants []string, outcomes ...ledger.Outcome) ledger.Match {
		return ledger.Match{Source: source, Participants: participants, Outcomes: outcomes}
	}
	first, second, draw := []int{1, 2}, []int{2, 1}, []int{1, 1}
	found := strengths([]ledger.Match{
		match("a", []string{"m", "heuristic"}, ledger.Outcome{Ranks: first, Games: 3}, ledger.Outcome{Ranks: draw, Games: 1}),
		match("a", []string{"heuristic", "m"}, ledger.Outcome{Ranks: first, Games: 2}, ledger.Outcome{Ranks: second, Games: 5}),
		match("a", []string{"m", "random"}, ledger.Outcome{Ranks: first, Games: 9}),
		match("a", []string{"m", "n"}, ledger.Outcome{Ranks: first, Games: 9}),
		match("b", []string{"heuristic", "m", "heuristic"}, ledger.Outcome{Ranks: []int{2, 1, 3}, Games: 4}),
		match("b", []string{"heuristic", "heuristic"}, ledger.Outcome{Ranks: first, Games: 4}),
	})
	require.Len(t, found, 1)
	require.Equal(t, []measurement{
		{Source: "a", Score: rating.Score{Players: 2, Wins: 8, Draws: 1, Losses: 2}},
		{Source: "b", Score: rating.Score{Players: 3, Wins: 4}},
	}, found["m"])

	var many []ledger.Match
	for i := range window + 2 {
		one := match(string(rune('a'+i)), []string{"m", "heuristic"}, ledger.Outcome{Ranks: first, Games: 1})
		one.PlayedAt = time.Unix(int64(i), 0)
		many = append(many, one)
	}
	require.Len(t, strengths(many)["m"], window)
	require.Equal(t, string(rune('a'+window+1)), strengths(many)["m"][window-1].Source)
}
