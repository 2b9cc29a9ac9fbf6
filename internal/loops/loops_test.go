package loops_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/loops"
)

var ordered = time.Date(2030, 1, 2, 3, 4, 5, 6, time.UTC)

func order(id string, configs ...string) loops.Loop {
	return loops.Loop{ID: id, Configs: configs, Iterations: 2, OrderedBy: "ann", OrderedAt: ordered}
}

func TestFaultyOrdersAreRefused(t *testing.T) {
	t.Parallel()
	require.NoError(t, order("a", "sq5_2p").Check())
	for fault, loop := range map[string]loops.Loop{
		"loop id": order("a b", "x"), "configs": order("a"), "name each once": order("a", "x", "x"),
		"iterations": {ID: "a", Configs: []string{"x"}, Iterations: -1}, "games": {ID: "a", Configs: []string{"x"}, Games: -1},
	} {
		require.ErrorContains(t, loop.Check(), fault)
	}
}

// Configurations take turns until each has had as many as were ordered.
func TestTurnsGoAround(t *testing.T) {
	t.Parallel()
	loop := order("a", "x", "y")
	for _, want := range []string{"x", "y", "x", "y"} {
		next, more := loop.Next()
		require.True(t, more)
		require.Equal(t, want, next)
		loop.Turns++
	}
	_, more := loop.Next()
	require.False(t, more)
	loop.Iterations = 0
	_, more = loop.Next()
	require.True(t, more, "it has no end")
}

// Of two who take a step from the same loop one wins, and what loops want is known to whoever watches.
func TestStepsAreTakenOnce(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	board := loops.NewBoard(client.Session("", "", 0))
	now := ordered
	watch := loops.NewWatch(client, func() time.Time { now = now.Add(time.Hour); return now })
	require.NoError(t, board.Order(t.Context(), order("b", "y")))
	require.NoError(t, board.Order(t.Context(), order("a", "x")))
	require.NoError(t, board.Order(t.Context(), order("a", "x")), "the same order again")
	require.ErrorIs(t, board.Order(t.Context(), order("a", "y")), loops.ErrExists)
	all, err := board.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, []string{all[0].ID, all[1].ID})
	require.Empty(t, watch.Wanted())

	first, second := all[0], all[0]
	first.Turn = &loops.Turn{ConfigKey: "x", Iteration: 7, Since: ordered}
	second.State, second.Reason = loops.Deferred, "too late"
	require.NoError(t, board.Step(t.Context(), all[0], first))
	require.NoError(t, board.Step(t.Context(), all[0], second))
	all, err = board.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, first, all[0])
	require.Equal(t, map[string]loops.Wanted{"x": {Iteration: 7}}, watch.Wanted())

	stopped, err := board.Change(t.Context(), "a", func(loop loops.Loop) loops.Loop { return loop.End(loops.Stopped, "test", ordered) })
	require.NoError(t, err)
	require.True(t, stopped.Over())
	require.Empty(t, watch.Wanted())
	_, err = board.Change(t.Context(), "c", func(loop loops.Loop) loops.Loop { return loop })
	require.ErrorIs(t, err, loops.ErrNotFound)
	var none *loops.Watch
	require.Empty(t, none.Wanted())
}

// While the board cannot be read, what was wanted last still is.
func TestAnOutageForgetsNothing(t *testing.T) {
	t.Parallel()
	server := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	client := bustest.Connect(t, server.URL())
	require.Eventually(t, func() bool { return client.EnsureStreams(t.Context()) == nil }, time.Minute, 10*time.Millisecond)
	board := loops.NewBoard(client.Session("", "", 0))
	loop := order("a", "x")
	require.NoError(t, board.Order(t.Context(), loop))
	now := ordered
	watch := loops.NewWatch(client, func() time.Time { now = now.Add(time.Hour); return now })
	_, err := board.Change(t.Context(), "a", func(loop loops.Loop) loops.Loop {
		loop.Turn = &loops.Turn{ConfigKey: "x", Iteration: 1, Since: ordered}
		return loop
	})
	require.NoError(t, err)
	wanted := map[string]loops.Wanted{"x": {Iteration: 1}}
	require.Equal(t, wanted, watch.Wanted())
	require.NoError(t, server.Shutdown(t.Context()))
	_, err = board.List(t.Context())
	require.ErrorIs(t, err, bus.ErrUnavailable)
	require.Equal(t, wanted, watch.Wanted())
}
