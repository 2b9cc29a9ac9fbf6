package play_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload/mini/play"
)

func nothing(context.Context, int) (int, error) { return 0, nil }

func TestManyDeliversInOrder(t *testing.T) {
	t.Parallel()
	for _, threads := range []int{1, 2, 7} {
		var got []int
		err := play.Many(t.Context(), threads, 3, 500,
			func() func(context.Context, int) (int, error) {
				return func(_ context.Context, index int) (int, error) { return index, nil }
			},
			func(game int) error { got = append(got, game); return nil })
		require.NoError(t, err)
		require.Len(t, got, 497)
		for i, game := range got {
			require.Equal(t, i+3, game, "threads=%d", threads)
		}
	}
}

func TestManyStopsAtTheFirstFailure(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	delivered := 0
	err := play.Many(t.Context(), 4, 0, 1_000_000,
		func() func(context.Context, int) (int, error) {
			return func(_ context.Context, index int) (int, error) {
				if index >= 40 {
					return 0, broken
				}
				return index, nil
			}
		},
		func(int) error { delivered++; return nil })
	require.ErrorIs(t, err, broken)
	require.Equal(t, 40, delivered)
}

func TestManyEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	delivered := 0
	err := play.Many(ctx, 2, 0, 1_000_000,
		func() func(context.Context, int) (int, error) { return nothing },
		func(int) error {
			if delivered++; delivered == 25 {
				cancel()
			}
			return nil
		})
	require.ErrorIs(t, err, context.Canceled)
	require.GreaterOrEqual(t, delivered, 25)
	require.Less(t, delivered, 1000)
}
