package modelperformancewatchdog

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/promotion"
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

// A weak model is an alarm only if one before it, that could be put back, is proven better.
func TestWeaknessIsWeighed(t *testing.T) {
	t.Parallel()
	const now, before, older = "now", "before", "older"
	type duels map[[2]string]rating.Score
	of := func(wins, games int64) rating.Score {
		return rating.Score{Players: 2, Wins: wins, Losses: games - wins}
	}
	baseline := promotion.Heuristic
	for name, c := range map[string]struct {
		met     duels
		earlier []string
		better  string
	}{
		"the first model":                        {duels{{now, baseline}: of(1, 100)}, nil, ""},
		"nothing is known of the one before":     {duels{{now, baseline}: of(1, 100)}, []string{before}, ""},
		"the one before was as weak":             {duels{{now, baseline}: of(1, 100), {before, baseline}: of(2, 100)}, []string{before}, ""},
		"the one before was weak, but less":      {duels{{now, baseline}: of(1, 100), {before, baseline}: of(30, 100)}, []string{before}, ""},
		"the one before was as good as expected": {duels{{now, baseline}: of(30, 100), {before, baseline}: of(60, 100)}, []string{before}, before},
		"the difference may be chance":           {duels{{now, baseline}: of(20, 40), {before, baseline}: of(24, 40)}, []string{before}, ""},
		"over more games it is none":             {duels{{now, baseline}: of(200, 400), {before, baseline}: of(240, 400)}, []string{before}, before},
		"too few games":                          {duels{{now, baseline}: of(0, 100), {before, baseline}: of(19, 19)}, []string{before}, ""},
		"one that cannot be put back":            {duels{{now, baseline}: of(30, 100), {before, baseline}: of(60, 100)}, nil, ""},
		"it beats the one before":                {duels{{now, baseline}: of(30, 100), {before, baseline}: of(60, 100), {now, before}: of(70, 100)}, []string{before}, ""},
		"it is as good as the one before":        {duels{{now, baseline}: of(1, 100), {before, now}: of(52, 100)}, []string{before}, ""},
		"the one before beats it":                {duels{{now, baseline}: of(1, 100), {before, now}: of(65, 100)}, []string{before}, before},
		"it loses against the one before":        {duels{{now, baseline}: of(1, 100), {now, before}: of(35, 100)}, []string{before}, before},
		"too few games between the two":          {duels{{now, baseline}: of(1, 100), {before, now}: of(19, 19)}, []string{before}, ""},
		"an older one beats it":                  {duels{{now, baseline}: of(1, 100), {older, now}: of(65, 100)}, []string{before, older}, older},
	} {
		v := verdict{Severity: moderate, Threshold: .55}
		level := v.weigh(record{met: c.met}, office{Name: ledger.Canonical, ModelID: now}, c.earlier)
		require.Equal(t, c.better, v.Better, name)
		if c.better == "" {
			require.Equal(t, []string{information, fine}, []string{level, v.Severity}, name)
			require.Contains(t, v.Because, fmt.Sprintf("of %d models that were canonical before", len(c.earlier)), name)
			continue
		}
		require.Equal(t, []string{moderate, moderate}, []string{level, v.Severity}, name)
		require.Contains(t, v.Because, c.better+", which was canonical before", name)
	}
}

// Among three, parity is a third: who wins 40 of 100 alone against two others is better.
func TestMorePlayersAreWeighed(t *testing.T) {
	t.Parallel()
	of := func(wins int64) rating.Score { return rating.Score{Players: 3, Wins: wins, Losses: 100 - wins} }
	for _, c := range []struct {
		met    map[[2]string]rating.Score
		better bool
	}{
		{map[[2]string]rating.Score{{"before", "now"}: of(50)}, true},
		{map[[2]string]rating.Score{{"before", "now"}: of(35)}, false},
		{map[[2]string]rating.Score{{"now", "before"}: of(20)}, true},
		{map[[2]string]rating.Score{{"now", "before"}: of(35)}, false},
		{map[[2]string]rating.Score{{"before", "now"}: of(50), {"now", "before"}: of(50)}, false},
	} {
		_, better := record{met: c.met}.better("before", "now", .5)
		require.Equal(t, c.better, better, c.met)
	}
}

// Only games against nothing but the baseline are measurements; those of one source are one, and few are remembered.
func TestStrengths(t *testing.T) {
	t.Parallel()
	match := func(source string, participants []string, outcomes ...ledger.Outcome) ledger.Match {
		return ledger.Match{Source: source, Participants: participants, Outcomes: outcomes}
	}
	first, second, draw := []int{1, 2}, []int{2, 1}, []int{1, 1}
	found := recordOf([]ledger.Match{
		match("a", []string{"m", "heuristic"}, ledger.Outcome{Ranks: first, Games: 3}, ledger.Outcome{Ranks: draw, Games: 1}),
		match("a", []string{"heuristic", "m"}, ledger.Outcome{Ranks: first, Games: 2}, ledger.Outcome{Ranks: second, Games: 5}),
		match("a", []string{"m", "random"}, ledger.Outcome{Ranks: first, Games: 9}),
		match("a", []string{"m", "n"}, ledger.Outcome{Ranks: first, Games: 9}),
		match("b", []string{"heuristic", "m", "heuristic"}, ledger.Outcome{Ranks: []int{2, 1, 3}, Games: 4}),
		match("b", []string{"heuristic", "heuristic"}, ledger.Outcome{Ranks: first, Games: 4}),
	})
	require.Len(t, found.measured, 1)
	require.Equal(t, []measurement{
		{Source: "a", Score: rating.Score{Players: 2, Wins: 8, Draws: 1, Losses: 2}},
		{Source: "b", Score: rating.Score{Players: 3, Wins: 4}},
	}, found.measured["m"])

	require.Equal(t, rating.Score{Players: 2, Wins: 9}, found.met[[2]string{"m", "n"}])
	require.Equal(t, rating.Score{Players: 2, Losses: 9}, found.met[[2]string{"n", "m"}])
	require.NotContains(t, found.met, [2]string{"heuristic", "heuristic"})

	var many []ledger.Match
	for i := range window + 2 {
		one := match(string(rune('a'+i)), []string{"m", "heuristic"}, ledger.Outcome{Ranks: first, Games: 1})
		one.PlayedAt = time.Unix(int64(i), 0)
		many = append(many, one)
	}
	require.Len(t, recordOf(many).measured["m"], window)
	require.Equal(t, string(rune('a'+window+1)), recordOf(many).measured["m"][window-1].Source)
}
