package pipeline_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// What a round saw is kept if it has ended well; how long ago it began is the daemon's health.
func TestRounds(t *testing.T) {
	t.Parallel()
	start := time.Unix(1_000_000, 0)
	now, fault := start, errors.New("the look failed")
	rt := host.Runtime{
		Now:    func() time.Time { return now },
		Ledger: func(context.Context) (*ledger.Session, error) { return nil, nil },
	}
	looks := 0
	rounds := pipeline.NewRounds(rt, time.Hour, func(_ context.Context, _ *ledger.Session, seen *[]int) error {
		looks++
		*seen = append(*seen, looks)
		now = now.Add(time.Second)
		return fault
	})
	require.Equal(t, time.Hour, rounds.Interval())
	require.NoError(t, rounds.Handle(t.Context(), bus.Event{}))

	require.Equal(t, fault, rounds.Tick(t.Context()), "an error is the look's own")
	seen, health, ended := rounds.Last("look")
	require.False(t, ended)
	require.Empty(t, seen)
	require.Equal(t, spec.Health{Status: spec.HealthUnknown, At: now, Message: "no look has ended yet"}, health)

	began := now
	fault = nil
	require.NoError(t, rounds.Tick(t.Context()))
	details := map[string]any{"last_success_at": began}
	seen, health, ended = rounds.Last("look")
	require.True(t, ended)
	require.Equal(t, []int{2}, seen, "each round begins with nothing")
	require.Equal(t, spec.Health{Status: spec.HealthOK, At: now, Details: details}, health)

	fault = errors.New("again")
	require.Error(t, rounds.Tick(t.Context()))
	now = began.Add(time.Hour + time.Minute)
	_, health, _ = rounds.Last("look")
	require.Equal(t, spec.HealthOK, health.Status, "the pause between two rounds is not late")
	now = now.Add(time.Second)
	seen, health, ended = rounds.Last("sweep")
	require.True(t, ended)
	require.Equal(t, []int{2}, seen, "a round that failed leaves what was seen before")
	require.Equal(t, spec.Health{Status: spec.HealthUnhealthy, At: now, Message: "the last sweep was 3661 s ago", Details: details}, health)
}

// While the ledger is away a round waits for it; without one there is nothing to wait for.
func TestRoundsWithoutLedger(t *testing.T) {
	t.Parallel()
	var away error
	look := func(context.Context, *ledger.Session, *int) error { return away }
	tick := func(open func(context.Context) (*ledger.Session, error)) error {
		return pipeline.NewRounds(host.Runtime{Now: time.Now, Ledger: open}, time.Hour, look).Tick(t.Context())
	}
	require.Equal(t, host.Never(errors.New("this process has no ledger")), tick(nil))

	closed := host.Dependency(errors.New("it does not open"))
	require.Equal(t, closed, tick(func(context.Context) (*ledger.Session, error) { return nil, closed }))

	away = ledger.ErrUnavailable
	require.Equal(t, host.Dependency(away), tick(func(context.Context) (*ledger.Session, error) { return nil, nil }))
}
