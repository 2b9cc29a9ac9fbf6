package web

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// counted runs a lookout that takes 100 ms for a look and a second of pause, by the bubble's clock.
func counted(t *testing.T) (l *lookout[int64], looks *atomic.Int64) {
	t.Helper()
	looks = new(atomic.Int64)
	l = newLookout(time.Second, func(ctx context.Context) int64 {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
		return looks.Add(1)
	})
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go l.run(ctx)
	return l, looks
}

func TestLookoutRestsWhileNobodyAsks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, looks := counted(t)
		time.Sleep(time.Minute)
		require.Zero(t, looks.Load())
		seen, err := l.since(t.Context(), time.Now())
		require.NoError(t, err)
		require.EqualValues(t, 1, seen.Seen)
		time.Sleep(time.Minute)
		require.EqualValues(t, 1, looks.Load(), "nobody has asked again")
	})
}

func TestLookoutSharesALook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, looks := counted(t)
		seen := make(chan int64)
		for range 100 {
			go func() {
				last := time.Now()
				for range 10 {
					latest, _ := l.since(t.Context(), last)
					last = latest.At.Add(1)
				}
				latest, _ := l.since(t.Context(), last.Add(-1))
				seen <- latest.Seen
			}()
		}
		for range 100 {
			require.EqualValues(t, 10, <-seen, "everybody has seen every look")
		}
		require.EqualValues(t, 10, looks.Load())
	})
}

func TestLookoutIsNotWaitedForLongerThanItsCallerCan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, _ := counted(t)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := l.since(ctx, time.Now())
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
