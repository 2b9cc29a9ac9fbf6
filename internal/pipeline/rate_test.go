package pipeline_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Ratings follow from all matches, whatever their order, and are computed once for the same ones.
func TestRatingsFollowFromMatches(t *testing.T) {
	t.Parallel()
	w := &workload.Workload{Manifest: &workload.Manifest{Baselines: []workload.Baseline{{ID: "random", NominalElo: 400, Pinned: true}}}}
	match := func(one, other string, wins int64, minute int) ledger.Match {
		return ledger.Match{
			ConfigKey: "sq5_2p", Harness: "search", Participants: []string{one, other}, Source: "test",
			Outcomes: []ledger.Outcome{{Ranks: []int{1, 2}, Games: wins}, {Ranks: []int{2, 1}, Games: 10}},
			PlayedAt: time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC),
		}
	}
	early, late := match("a", "random", 30, 1), match("b", "a", 20, 2)
	var snapshots []ledger.RatingSnapshot
	for _, order := range [][]ledger.Match{{early, late}, {late, early}} {
		session := ledgertest.SQLite(t).Session("TEST", 0)
		var last, before ledger.RatingSnapshot
		for _, one := range order {
			_, err := session.RecordMatches(t.Context(), []ledger.Match{one})
			require.NoError(t, err)
			for range 2 { // the second time nothing is new
				last, before, err = pipeline.Rate(t.Context(), session, "sq5_2p", "search", w)
				require.NoError(t, err)
			}
		}
		require.EqualValues(t, 2, last.Sequence)
		require.EqualValues(t, 1, before.Sequence)
		require.EqualValues(t, 70, last.Evidence.Games)
		snapshots = append(snapshots, last)
	}
	require.Equal(t, snapshots[0].Ratings, snapshots[1].Ratings)
	require.Equal(t, snapshots[0].Evidence, snapshots[1].Evidence)
	a, _ := pipeline.RatingOf(snapshots[0], "a")
	b, _ := pipeline.RatingOf(snapshots[0], "b")
	random, _ := pipeline.RatingOf(snapshots[0], "random")
	require.EqualValues(t, 400, random.Rating)
	require.Greater(t, a.Rating, random.Rating)
	require.Greater(t, b.Rating, a.Rating)
	_, found := pipeline.RatingOf(snapshots[0], "nobody")
	require.False(t, found)
}

// A configuration that has had more models than can be rated at once is still rated: the newest, and who met them.
func TestOfTooManyParticipantsTheNewestAreRated(t *testing.T) {
	t.Parallel()
	w := &workload.Workload{Manifest: &workload.Manifest{Baselines: []workload.Baseline{{ID: "random", NominalElo: 400, Pinned: true}}}}
	session := ledgertest.SQLite(t).Session("TEST", 0)
	const models = rating.MaxParticipants + 5
	name := func(number int) string { return fmt.Sprintf("model-%05d", number) }
	var all []ledger.Match
	for number := range models {
		all = append(all, ledger.Match{
			ConfigKey: "sq5_2p", Harness: "search", Participants: []string{name(number), "random"}, Source: "test",
			Outcomes: []ledger.Outcome{{Ranks: []int{1, 2}, Games: 9}, {Ranks: []int{2, 1}, Games: 1}},
			PlayedAt: time.Date(2026, 1, 1, 0, 0, number, 0, time.UTC),
		})
	}
	for part := range slices.Chunk(all, ledger.MaxMatches) {
		_, err := session.RecordMatches(t.Context(), part)
		require.NoError(t, err)
	}
	now, _, err := pipeline.Rate(t.Context(), session, "sq5_2p", "search", w)
	require.NoError(t, err)
	require.Len(t, now.Ratings, rating.MaxParticipants)
	require.EqualValues(t, models, now.Evidence.Matches)
	for number := range models {
		_, rated := pipeline.RatingOf(now, name(number))
		require.Equal(t, number >= 6, rated, "random is one of them: %d", number)
	}
}
