package ledger_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
)

func TestAModelIsRecordedOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		m := model(t, s, "one")
		require.Equal(t, sum("one")[:16], m.ID)
		require.Equal(t, m, model(t, s, "one"), "again")

		other := m
		other.ConfigKey = "hex3_2p"
		_, err := s.AddModel(t.Context(), other)
		require.ErrorIs(t, err, ledger.ErrConflict)
		_, err = s.AddModel(t.Context(), ledger.Model{SHA256: "short"})
		require.ErrorIs(t, err, ledger.ErrInvalid)
		require.ErrorContains(t, err, `sha256 is "short": give 64 lower-case hex digits`)
		_, err = l.Model(t.Context(), "absent")
		require.ErrorIs(t, err, ledger.ErrNotFound)
	})
}

func TestModelsAreListedInPagesNewestFirst(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		var want []string
		for _, content := range []string{"one", "two", "three", "four", "five"} {
			tick(t, l) // no two in one moment
			want = append([]string{model(t, s, content).ID}, want...)
		}
		var got []string
		for page := (ledger.Page{Limit: 2}); ; {
			list, err := l.Models(t.Context(), "sq5_2p", page)
			require.NoError(t, err)
			require.LessOrEqual(t, len(list.Items), 2)
			for _, m := range list.Items {
				got = append(got, m.ID)
			}
			if page.After = list.Next; page.After == "" {
				break
			}
		}
		require.Equal(t, want, got)
		_, err := l.Models(t.Context(), "", ledger.Page{After: "nonsense"})
		require.ErrorIs(t, err, ledger.ErrInvalid)
		_, err = l.Models(t.Context(), "", ledger.Page{Limit: 1001})
		require.ErrorContains(t, err, "limit is 1001: give 1 to 1000")
	})
}

func TestAPointerMovesByCompareAndSet(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		one, two := model(t, s, "one"), model(t, s, "two")
		move := func(to ledger.Model, expect int64, decision string) error {
			_, err := s.MovePointers(t.Context(), ledger.PointerMove{ConfigKey: "sq5_2p", Name: ledger.Canonical, ModelID: to.ID, Expect: expect, DecisionID: decision})
			return err
		}
		require.NoError(t, move(one, 0, "first"))
		require.NoError(t, move(two, 1, "second"))
		require.NoError(t, move(two, 1, "second"), "the same decision again")
		require.NoError(t, move(two, 2, "second"), "the same decision again, by someone who looked again")
		require.ErrorIs(t, move(one, 2, "second"), ledger.ErrConflict, "a decision has one result")

		err := move(one, 1, "third")
		var conflict *ledger.PointerConflict
		require.ErrorAs(t, err, &conflict)
		require.ErrorIs(t, err, ledger.ErrConflict)
		require.Equal(t, two.ID, conflict.Current.ModelID)
		require.Equal(t, int64(2), conflict.Current.Sequence)
		require.ErrorIs(t, move(one, 0, "fourth"), ledger.ErrConflict, "it is not the first move")

		history, err := l.PointerHistory(t.Context(), "sq5_2p", ledger.Canonical, ledger.Page{})
		require.NoError(t, err)
		require.Len(t, history.Items, 2)
		require.Equal(t, "second", history.Items[0].DecisionID)
		require.Equal(t, "TEST_DAEMON", history.Items[0].MovedBy)
	})
}

func TestPointersMoveTogetherOrNotAtAll(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		one := model(t, s, "one")
		_, err := s.MovePointers(t.Context(),
			ledger.PointerMove{ConfigKey: "sq5_2p", Name: ledger.Canonical, ModelID: one.ID, DecisionID: "d"},
			ledger.PointerMove{ConfigKey: "sq5_2p", Name: ledger.Previous, ModelID: one.ID, Expect: 7, DecisionID: "d"})
		require.ErrorIs(t, err, ledger.ErrConflict)
		_, err = l.Pointer(t.Context(), "sq5_2p", ledger.Canonical)
		require.ErrorIs(t, err, ledger.ErrNotFound, "the first of the two was not moved")

		_, err = s.MovePointers(t.Context(), ledger.PointerMove{ConfigKey: "hex3_2p", Name: ledger.Canonical, ModelID: one.ID, DecisionID: "d"})
		require.ErrorContains(t, err, "is for sq5_2p, not for hex3_2p")
		_, err = s.MovePointers(t.Context(), ledger.PointerMove{ConfigKey: "sq5_2p", Name: ledger.Canonical, ModelID: "absent", DecisionID: "d"})
		require.ErrorIs(t, err, ledger.ErrNotFound)
	})
}

func TestARaceForAPointerHasOneWinner(t *testing.T) {
	everywhere(t, func(t *testing.T, _ *ledger.Ledger, s *ledger.Session) {
		m := model(t, s, "one")
		for expect := range int64(3) {
			requireOneWinner(t, fmt.Sprint("move ", expect), func(racer int) error {
				_, err := s.MovePointers(t.Context(), ledger.PointerMove{ConfigKey: "sq5_2p", Name: ledger.Canonical, ModelID: m.ID,
					Expect: expect, DecisionID: fmt.Sprint(racer, " of ", expect)})
				return err
			})
		}
	})
}

func TestAnIterationEndsOnceAndForGood(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		i, err := s.StartIteration(t.Context(), "sq5_2p", "iteration-a", "COLLECTING")
		require.NoError(t, err)
		again, err := s.StartIteration(t.Context(), "sq5_2p", "iteration-a", "COLLECTING")
		require.NoError(t, err)
		require.Equal(t, i, again)
		next, err := s.StartIteration(t.Context(), "sq5_2p", "iteration-b", "COLLECTING")
		require.NoError(t, err)
		require.Equal(t, int64(2), next.Number)
		last, found, err := l.LastIteration(t.Context(), "sq5_2p")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, next, last)
		_, found, err = l.LastIteration(t.Context(), "hex3_2p")
		require.NoError(t, err)
		require.False(t, found)

		require.NoError(t, s.SetStage(t.Context(), "sq5_2p", 1, "TRAINING", json.RawMessage(`{"dataset":"d"}`)))
		require.NoError(t, s.EndIteration(t.Context(), "sq5_2p", 1, "promoted", nil))
		require.NoError(t, s.EndIteration(t.Context(), "sq5_2p", 1, "promoted", json.RawMessage(`{"ignored":true}`)), "again")
		require.ErrorIs(t, s.EndIteration(t.Context(), "sq5_2p", 1, "rejected", nil), ledger.ErrConflict)
		require.ErrorIs(t, s.SetStage(t.Context(), "sq5_2p", 1, "FEEDBACK", nil), ledger.ErrConflict)
		require.ErrorIs(t, s.SetStage(t.Context(), "sq5_2p", 9, "FEEDBACK", nil), ledger.ErrNotFound)

		ended, err := l.Iteration(t.Context(), "sq5_2p", 1)
		require.NoError(t, err)
		require.Equal(t, "TRAINING", ended.Stage)
		require.JSONEq(t, `{"dataset":"d"}`, string(ended.Facts))
		require.False(t, ended.EndedAt.IsZero())
		list, err := l.Iterations(t.Context(), "sq5_2p", ledger.Page{Limit: 1})
		require.NoError(t, err)
		require.Equal(t, "iteration-b", list.Items[0].CorrelationID)
		require.NotEmpty(t, list.Next)
	})
}

func TestADecisionIsTakenOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		promote := ledger.Decision{Kind: "promotion", Key: "eval-1", ConfigKey: "sq5_2p", Inputs: json.RawMessage(`{"wins":70}`), Verdict: "promoted"}
		stored, first, err := s.Decide(t.Context(), promote)
		require.NoError(t, err)
		require.True(t, first)
		require.Equal(t, "TEST_DAEMON", stored.DecidedBy)

		reject := promote
		reject.Verdict = "rejected"
		again, first, err := s.Decide(t.Context(), reject)
		require.NoError(t, err)
		require.False(t, first)
		require.Equal(t, stored, again, "the first verdict counts")
		list, err := l.Decisions(t.Context(), "promotion", "sq5_2p", ledger.Page{})
		require.NoError(t, err)
		require.Equal(t, []ledger.Decision{stored}, list.Items)
	})
}

func TestAMatchIsItsContent(t *testing.T) {
	t.Parallel()
	m := ledger.Match{ConfigKey: "sq5_2p", Harness: "b16", Participants: []string{"net:a", "none:random"}, Source: "eval-1", Node: "node-1",
		Outcomes: []ledger.Outcome{{Ranks: []int{1, 2}, Games: 3}, {Ranks: []int{1, 1}, Games: 1}, {Ranks: []int{1, 2}, Games: 2}}, PlayedAt: time.Unix(5, 1000)}
	same := m
	same.Node = "node-2"
	same.PlayedAt = m.PlayedAt.In(time.FixedZone("east", 3600)).Add(10)
	same.Outcomes = []ledger.Outcome{{Ranks: []int{1, 1}, Games: 1}, {Ranks: []int{1, 2}, Games: 5}}
	require.Equal(t, m.Identity(), same.Identity(), "another reporter, zone and order of outcomes")
	for name, change := range map[string]func(*ledger.Match){
		"seats":   func(m *ledger.Match) { m.Participants = []string{"none:random", "net:a"} },
		"outcome": func(m *ledger.Match) { m.Outcomes = []ledger.Outcome{{Ranks: []int{2, 1}, Games: 6}} },
		"harness": func(m *ledger.Match) { m.Harness = "b64" },
		"game":    func(m *ledger.Match) { m.GameID = "g" },
		"time":    func(m *ledger.Match) { m.PlayedAt = m.PlayedAt.Add(time.Microsecond) },
	} {
		other := m
		change(&other)
		require.NotEqual(t, m.Identity(), other.Identity(), name)
	}
}

func TestMatchesAndRatings(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		var matches []ledger.Match
		for i := range 5 {
			matches = append(matches, ledger.Match{ConfigKey: "sq5_2p", Harness: "b16", Participants: []string{"net:a", "net:b"}, Source: "eval-1",
				Outcomes: []ledger.Outcome{{Ranks: []int{1, 2}, Games: 2}}, PlayedAt: time.Unix(int64(100-i), 0)})
		}
		added, err := s.RecordMatches(t.Context(), matches[:3])
		require.NoError(t, err)
		require.Equal(t, 3, added)
		some, err := l.Evidence(t.Context(), "sq5_2p", "b16")
		require.NoError(t, err)
		added, err = s.RecordMatches(t.Context(), matches)
		require.NoError(t, err)
		require.Equal(t, 2, added, "three were known")
		all, err := l.Evidence(t.Context(), "sq5_2p", "b16")
		require.NoError(t, err)
		require.NotEqual(t, some.Digest, all.Digest)
		require.Equal(t, int64(10), all.Games)
		list, err := l.Matches(t.Context(), "sq5_2p", "b16", ledger.Page{Limit: 2})
		require.NoError(t, err)
		require.Equal(t, int64(96), list.Items[0].PlayedAt.Unix(), "in the order they were played")
		require.Equal(t, matches[4].Identity(), list.Items[0].ID)

		snapshot := ledger.RatingSnapshot{ConfigKey: "sq5_2p", Harness: "b16", Evidence: all, Ratings: []ledger.Rating{{Participant: "net:a", Rating: 1600, Low: 1500, High: 1700, Games: 10}}}
		saved, err := s.SaveRatings(t.Context(), snapshot)
		require.NoError(t, err)
		snapshot.Ratings[0].Rating = 1
		again, err := s.SaveRatings(t.Context(), snapshot)
		require.NoError(t, err)
		require.Equal(t, saved, again, "one snapshot for one evidence")
		newest, err := l.Ratings(t.Context(), "sq5_2p", "b16")
		require.NoError(t, err)
		require.Equal(t, 1600.0, newest.Ratings[0].Rating)
		snapshot.Evidence.Digest, snapshot.Ratings[0].Rating = "other", math.NaN()
		_, err = s.SaveRatings(t.Context(), snapshot)
		require.ErrorIs(t, err, ledger.ErrInvalid)

		second, err := s.SaveRatings(t.Context(), ledger.RatingSnapshot{ConfigKey: "sq5_2p", Harness: "b16", Evidence: some, Ratings: saved.Ratings})
		require.NoError(t, err)
		other, err := s.SaveRatings(t.Context(), ledger.RatingSnapshot{ConfigKey: "hex8_2p", Harness: "b16", Evidence: some, Ratings: saved.Ratings})
		require.NoError(t, err)
		listed, err := l.NewestRatings(t.Context())
		require.NoError(t, err)
		require.Equal(t, []ledger.RatingSnapshot{other, second}, listed, "one of each config, the newest")
	})
}

func TestMatchesThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	l := openSQLite(t)
	for name, outcomes := range map[string][]ledger.Outcome{
		"no outcome": {}, "no games": {{Ranks: []int{1, 2}}}, "a seat too few": {{Ranks: []int{1}, Games: 1}},
		"nobody first": {{Ranks: []int{2, 2}, Games: 1}}, "a rank too high": {{Ranks: []int{1, 3}, Games: 1}},
	} {
		_, err := l.Session("TEST_DAEMON", 1).RecordMatches(t.Context(), []ledger.Match{{ConfigKey: "sq5_2p", Harness: "b16", Source: "e",
			Participants: []string{"a", "b"}, Outcomes: outcomes, PlayedAt: time.Unix(1, 0)}})
		require.ErrorIs(t, err, ledger.ErrInvalid, name)
	}
}
