package host

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestDelayIsTheBackoffWithJitter(t *testing.T) {
	t.Parallel()
	h := New(Config{Now: time.Now}, nil)
	for failures, seconds := range map[int]float64{1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 8: 128, 9: 256, 10: 300, 100: 300} {
		least, most := time.Hour, time.Duration(0)
		for range 200 {
			delay := h.Delay(spec.Daemon{Critical: true}, failures)
			least, most = min(least, delay), max(most, delay)
		}
		require.GreaterOrEqual(t, least.Seconds(), 0.9*seconds, "after failure %d", failures)
		require.LessOrEqual(t, most.Seconds(), 1.1*seconds, "after failure %d", failures)
		require.Greater(t, most-least, time.Duration(0.05*seconds*float64(time.Second)), "failures at one moment are spread")
	}
}

func TestManyFailuresAreSpread(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000, 0)
	b := newBrake()
	for n := range restartBurst {
		require.Zero(t, b.delay(false, now), "failure %d is within the burst", n)
	}
	last := time.Duration(0)
	for n := range 100 {
		delay := b.delay(false, now)
		require.Greater(t, delay, last, "failure %d after the burst", n)
		last = delay
	}
	require.InDelta(t, 50, last.Seconds(), 1, "two a second")
	require.Zero(t, b.delay(true, now), "critical daemons do not wait")
	require.Zero(t, b.delay(false, now.Add(time.Hour)), "it is over after an hour")
}
