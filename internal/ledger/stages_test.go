package ledger_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
)

func stageKey(i ledger.Iteration, stage string) ledger.StageKey {
	return ledger.StageKey{ConfigKey: i.ConfigKey, Iteration: i.Number, Stage: stage}
}

func order(t testing.TB, s *ledger.Session, key ledger.StageKey, attempt int64) ledger.Stage {
	t.Helper()
	stage, err := s.OrderStage(t.Context(), ledger.StageOrder{StageKey: key, Attempt: attempt, Order: json.RawMessage(`{"of":"` + key.Stage + `"}`)})
	require.NoError(t, err)
	return stage
}

func fail(t testing.TB, s *ledger.Session, stage ledger.Stage) {
	t.Helper()
	_, err := s.EndStage(t.Context(), stage.StageKey, stage.Attempt, ledger.StageEnd{State: ledger.StageFailed, ErrorClass: "internal", Error: "broke"})
	require.NoError(t, err)
}

func TestAStageIsOrderedOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		key := stageKey(iterate(t, s), "EXPORTING")
		wanted := ledger.StageOrder{StageKey: key, Attempt: 1, Order: json.RawMessage(`{"files":3,"seed":7}`), Deadline: time.Hour}
		ordered, err := s.OrderStage(t.Context(), wanted)
		require.NoError(t, err)
		require.Equal(t, ledger.Stage{StageKey: key, Attempt: 1, State: ledger.StageOrdered, Order: wanted.Order, OrderedAt: ordered.OrderedAt,
			UpdatedAt: ordered.OrderedAt, DeadlineAt: ordered.OrderedAt.Add(time.Hour)}, ordered)

		wanted.Order, wanted.Deadline = json.RawMessage(`{"seed": 7, "files": 3}`), time.Minute
		again, err := s.OrderStage(t.Context(), wanted)
		require.NoError(t, err)
		require.Equal(t, ordered, again, "the same order, written otherwise")
		wanted.Order = json.RawMessage(`{"seed": 8, "files": 3}`)
		_, err = s.OrderStage(t.Context(), wanted)
		require.ErrorIs(t, err, ledger.ErrConflict)
		require.ErrorContains(t, err, "attempt 1 has another order")

		open, err := l.OpenStages(t.Context(), "")
		require.NoError(t, err)
		require.Equal(t, []ledger.Stage{ordered}, open)
		require.True(t, order(t, s, stageKey(iterate(t, s), "EXPORTING"), 1).DeadlineAt.IsZero(), "no deadline")
	})
}

func TestAnotherAttemptFollowsOnAFailureOnly(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		key := stageKey(iterate(t, s), "TRAINING")
		refused := func(attempt int64, text string) {
			_, err := s.OrderStage(t.Context(), ledger.StageOrder{StageKey: key, Attempt: attempt})
			require.ErrorIs(t, err, ledger.ErrConflict)
			require.ErrorContains(t, err, text)
		}
		refused(2, "the next attempt is 1")
		first := order(t, s, key, 1)
		refused(2, "attempt 1 is ordered")
		fail(t, s, first)
		refused(3, "the next attempt is 2")
		second := order(t, s, key, 2)
		require.Equal(t, ledger.StageFailed, order(t, s, key, 1).State, "an old order again: what came of it")
		_, err := s.EndStage(t.Context(), key, second.Attempt, ledger.StageEnd{State: ledger.StageDone})
		require.NoError(t, err)
		refused(3, "attempt 2 is done")
		_, err = s.OrderStage(t.Context(), ledger.StageOrder{StageKey: key, Attempt: 4, Again: true})
		require.ErrorContains(t, err, "the next attempt is 3")
		all, err := l.StagesOf(t.Context(), key.ConfigKey, key.Iteration)
		require.NoError(t, err)
		require.Len(t, all, 2, "what was refused left nothing")
		lost := ledger.StageOrder{StageKey: key, Attempt: 3, Again: true}
		for range 2 {
			third, err := s.OrderStage(t.Context(), lost)
			require.NoError(t, err)
			require.Equal(t, ledger.StageOrdered, third.State, "what a done attempt has left is made again")
		}
		lost.Attempt = 4
		_, err = s.OrderStage(t.Context(), lost)
		require.ErrorContains(t, err, "attempt 3 is ordered")
	})
}

func TestNothingIsOrderedOutsideAnIteration(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		i := iterate(t, s)
		before := order(t, s, stageKey(i, "SYNCING"), 1)
		require.NoError(t, s.EndIteration(t.Context(), i.ConfigKey, i.Number, "rejected", nil))
		_, err := s.OrderStage(t.Context(), ledger.StageOrder{StageKey: stageKey(i, "EXPORTING"), Attempt: 1})
		require.ErrorIs(t, err, ledger.ErrConflict)
		require.ErrorContains(t, err, "it has ended as rejected")
		require.Equal(t, before, order(t, s, before.StageKey, 1), "what was ordered before is told")
		i.Number++
		_, err = s.OrderStage(t.Context(), ledger.StageOrder{StageKey: stageKey(i, "EXPORTING"), Attempt: 1})
		require.ErrorIs(t, err, ledger.ErrNotFound)
		none, err := l.StagesOf(t.Context(), i.ConfigKey, i.Number)
		require.NoError(t, err)
		require.Empty(t, none)
	})
}

func TestAStageEndsOnceAndForGood(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		key := stageKey(iterate(t, s), "TRAINING")
		order(t, s, key, 1)
		require.NoError(t, s.StageWaits(t.Context(), key, 1, "too few games"))
		end := ledger.StageEnd{State: ledger.StageFailed, Result: json.RawMessage(`{"loss":1.5,"epochs":3}`), ErrorClass: "diverged", Error: strings.Repeat("x", 5000)}
		ended, err := s.EndStage(t.Context(), key, 1, end)
		require.NoError(t, err)
		require.Equal(t, ledger.StageFailed, ended.State)
		require.Len(t, ended.Error, 4096)
		require.Empty(t, ended.Waiting)
		require.False(t, ended.EndedAt.IsZero())

		end.Result = json.RawMessage(`{"epochs":3, "loss":1.5}`)
		again, err := s.EndStage(t.Context(), key, 1, end)
		require.NoError(t, err)
		require.Equal(t, ended, again)
		for name, other := range map[string]ledger.StageEnd{
			"state":  {State: ledger.StageDone, Result: end.Result, ErrorClass: end.ErrorClass, Error: end.Error},
			"result": {State: end.State, ErrorClass: end.ErrorClass, Error: end.Error},
			"class":  {State: end.State, Result: end.Result, Error: end.Error},
			"error":  {State: end.State, Result: end.Result, ErrorClass: end.ErrorClass},
		} {
			_, err = s.EndStage(t.Context(), key, 1, other)
			require.ErrorIs(t, err, ledger.ErrConflict, "another %s", name)
		}
		require.ErrorIs(t, s.StageWaits(t.Context(), key, 1, "more"), ledger.ErrConflict)
		all, err := l.StagesOf(t.Context(), key.ConfigKey, key.Iteration)
		require.NoError(t, err)
		require.Equal(t, []ledger.Stage{ended}, all)
		_, err = s.EndStage(t.Context(), key, 2, end)
		require.ErrorIs(t, err, ledger.ErrNotFound)
	})
}

func TestAStageSaysWhyItWaits(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		key := stageKey(iterate(t, s), "READY")
		order(t, s, key, 1)
		waits := func(reason string) ledger.Stage {
			t.Helper()
			require.NoError(t, s.StageWaits(t.Context(), key, 1, reason))
			open, err := l.OpenStages(t.Context(), key.Stage)
			require.NoError(t, err)
			require.Len(t, open, 1)
			require.Equal(t, reason, open[0].Waiting)
			return open[0]
		}
		first := waits("disk is full")
		tick(t, l)
		require.Equal(t, first, waits("disk is full"), "the same reason writes nothing")
		require.True(t, waits("too few samples").UpdatedAt.After(first.UpdatedAt))
		waits("")
		require.ErrorIs(t, s.StageWaits(t.Context(), key, 2, "x"), ledger.ErrNotFound)
	})
}

func TestStagesAreListedInTheirOrder(t *testing.T) {
	t.Parallel()
	places(t, func(t *testing.T, config ledger.Config) {
		l := ledgertest.Open(t, config)
		s := l.Session("TEST_DAEMON", 1)
		one, two := iterate(t, s), iterate(t, s)
		order(t, s, stageKey(two, "A"), 1)
		fail(t, s, order(t, s, stageKey(one, "Z"), 1))
		for _, next := range []struct {
			stage   string
			attempt int64
		}{{"A", 1}, {"Z", 2}, {"M", 1}} {
			order(t, s, stageKey(one, next.stage), next.attempt)
		}
		statement(t, config, "UPDATE stages SET ordered_at = iteration") // all of an iteration in one moment

		names := func(stages []ledger.Stage, err error) (all []string) {
			require.NoError(t, err)
			for _, stage := range stages {
				all = append(all, fmt.Sprint(stage.Iteration, stage.Stage, stage.Attempt))
			}
			return all
		}
		require.Equal(t, []string{"1Z1", "1A1", "1Z2", "1M1"}, names(l.StagesOf(t.Context(), "sq5_2p", one.Number)))
		require.Equal(t, []string{"1A1", "1Z2", "1M1", "2A1"}, names(l.OpenStages(t.Context(), "")), "the oldest first")
		require.Equal(t, []string{"1A1", "2A1"}, names(l.OpenStages(t.Context(), "A")))
	})
}

func TestBadStagesAreRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, _ *ledger.Ledger, s *ledger.Session) {
		good := ledger.StageOrder{StageKey: stageKey(iterate(t, s), "EXPORTING"), Attempt: 1}
		for text, change := range map[string]func(*ledger.StageOrder){
			`config_key is "sq5"`:    func(o *ledger.StageOrder) { o.ConfigKey = "sq5" },
			"iteration is 0: give 1": func(o *ledger.StageOrder) { o.Iteration = 0 },
			"stage is empty":         func(o *ledger.StageOrder) { o.Stage = "" },
			"attempt is 0: give 1":   func(o *ledger.StageOrder) { o.Attempt = 0 },
			"order is not JSON":      func(o *ledger.StageOrder) { o.Order = json.RawMessage("{") },
			"deadline is -1s":        func(o *ledger.StageOrder) { o.Deadline = -time.Second },
		} {
			bad := good
			change(&bad)
			_, err := s.OrderStage(t.Context(), bad)
			require.ErrorIs(t, err, ledger.ErrInvalid)
			require.ErrorContains(t, err, text)
		}
		order(t, s, good.StageKey, 1)
		_, err := s.EndStage(t.Context(), good.StageKey, 1, ledger.StageEnd{State: ledger.StageOrdered})
		require.ErrorIs(t, err, ledger.ErrInvalid)
		require.ErrorContains(t, err, `state is "ordered": give "done" or "failed"`)
		_, err = s.EndStage(t.Context(), good.StageKey, 1, ledger.StageEnd{State: ledger.StageDone, Result: json.RawMessage("{")})
		require.ErrorIs(t, err, ledger.ErrInvalid)
	})
}

// Of many who order the next attempt, or end one, each in his own way, one is heard.
func TestARaceForAStageHasOneWinner(t *testing.T) {
	everywhere(t, func(t *testing.T, _ *ledger.Ledger, s *ledger.Session) {
		key := stageKey(iterate(t, s), "TRAINING")
		for attempt := range int64(3) {
			own := func(racer int) json.RawMessage { return json.RawMessage(fmt.Sprint(racer)) }
			requireOneWinner(t, fmt.Sprint("order ", attempt+1), func(racer int) error {
				_, err := s.OrderStage(t.Context(), ledger.StageOrder{StageKey: key, Attempt: attempt + 1, Order: own(racer)})
				return err
			})
			requireOneWinner(t, fmt.Sprint("end ", attempt+1), func(racer int) error {
				_, err := s.EndStage(t.Context(), key, attempt+1, ledger.StageEnd{State: ledger.StageFailed, Result: own(racer)})
				return err
			})
		}
	})
}
