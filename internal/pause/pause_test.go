package pause_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/pause"
)

func TestFor(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	require.True(t, pause.For(t.Context(), 10*time.Millisecond))
	require.GreaterOrEqual(t, time.Since(begin), 10*time.Millisecond)

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	require.False(t, pause.For(ctx, time.Hour), "it ends with ctx")
	for range 100 {
		require.False(t, pause.For(ctx, 0), "no pause is over once ctx is done")
	}
}
