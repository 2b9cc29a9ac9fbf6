package host_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

func TestReadyComesBeforeTheFirstTick(t *testing.T) {
	t.Parallel()
	release, ticked := make(chan struct{}), make(chan struct{}, 100)
	r := hosting(t, struct {
		ticks
		readies
	}{
		ticks{time.Millisecond, func(context.Context) error { ticked <- struct{}{}; return nil }},
		readies{func(context.Context) error { <-release; return nil }},
	})
	a := r.run(nap())
	require.Eventually(t, func() bool { return len(r.host.Snapshot()) == 1 }, patience, time.Millisecond)
	require.Equal(t, spec.PhaseStarting, r.host.Snapshot()[0].Phase)
	require.Empty(t, ticked, "no tick before it is ready")
	close(release)
	require.Equal(t, spec.HealthOK, a.awaitReady().Status)
	receive(t, ticked, "the first tick")
	require.Equal(t, spec.PhaseRunning, r.host.Snapshot()[0].Phase)
	require.Equal(t, host.ExitStopped, a.stop(spec.StopForOperator).Kind)
}

func TestTicksNeverOverlap(t *testing.T) {
	t.Parallel()
	var inside, most, count atomic.Int32
	turn := func() {
		most.Store(max(most.Load(), inside.Add(1)))
		inside.Add(-1)
		count.Add(1)
	}
	r := hosting(t, struct {
		ticks
		handles
	}{
		ticks{time.Millisecond, func(context.Context) error { turn(); return nil }},
		handles{func(context.Context, bus.Event) error { return nil }},
	})
	r.runReady(nap())
	for range 20 {
		r.note("hello")
	}
	require.Eventually(t, func() bool { return count.Load() > 100 }, patience, time.Millisecond)
	require.EqualValues(t, 1, most.Load())
}

func TestEventsDoNotWaitForATick(t *testing.T) {
	t.Parallel()
	ticked, handled, release := make(chan struct{}, 10), make(chan string, 10), make(chan struct{})
	r := hosting(t, struct {
		ticks
		handles
	}{
		ticks{time.Hour, func(context.Context) error { ticked <- struct{}{}; <-release; return nil }},
		handles{func(_ context.Context, event bus.Event) error { handled <- event.ID; return nil }},
	})
	r.runReady(nap())
	receive(t, ticked, "a tick that takes long")
	r.note("hello")
	r.note("again")
	receive(t, handled, "the event, during the tick")
	receive(t, handled, "the next event, during the tick")
	require.Empty(t, ticked, "the tick is still the first one")
	close(release)
	receive(t, ticked, "the tick that follows at once")
}

func TestAnEventIsFollowedByATick(t *testing.T) {
	t.Parallel()
	ticked, handled := make(chan struct{}, 10), make(chan string, 10)
	r := hosting(t, struct {
		ticks
		handles
	}{
		ticks{time.Hour, func(context.Context) error { ticked <- struct{}{}; return nil }},
		handles{func(_ context.Context, event bus.Event) error { handled <- event.ID; return nil }},
	})
	r.runReady(nap())
	receive(t, ticked, "the first tick")
	r.note("hello")
	receive(t, handled, "the event")
	receive(t, ticked, "the tick after the event, an hour early")
}

// A Waker ticks while the log still waits for the event before, and once for each event.
func TestAWakerDoesNotWaitForTheLog(t *testing.T) {
	t.Parallel()
	ticked, handled, release := make(chan struct{}, 10), make(chan string), make(chan struct{})
	r := hosting(t, struct {
		ticks
		handles
		wakes
	}{
		ticks{time.Hour, func(context.Context) error { ticked <- struct{}{}; return nil }},
		handles{func(_ context.Context, event bus.Event) error { <-release; handled <- event.ID; return nil }},
		wakes{},
	})
	r.runReady(nap())
	receive(t, ticked, "the first tick")
	r.note("hello")
	receive(t, ticked, "the tick, before the event was handled")
	r.note("again")
	receive(t, ticked, "the tick for an event that the log has not handed out yet")
	close(release)
	receive(t, handled, "the event")
	receive(t, handled, "the next event")
	require.Empty(t, ticked, "no tick more")
}

func TestServerIsReadyOnceItAnswers(t *testing.T) {
	t.Parallel()
	serving := make(chan struct{})
	r := hosting(t, struct {
		serves
		readies
	}{
		serves{func(ctx context.Context) error { close(serving); <-ctx.Done(); return nil }},
		readies{func(context.Context) error { <-serving; return nil }},
	})
	exit := r.runReady(nap()).stop(spec.StopForDown)
	require.Equal(t, host.ExitStopped, exit.Kind)
	require.Equal(t, spec.StopForDown, exit.Reason)
	require.False(t, exit.Abandoned)
	require.Positive(t, exit.ReadyFor)
}

func TestADependencyThatIsDownEndsNothing(t *testing.T) {
	t.Parallel()
	for name, shape := range map[string]func(func(context.Context) error) host.Runner{
		"in Ready": func(call func(context.Context) error) host.Runner {
			return struct {
				ticks
				readies
			}{idle(), readies{call}}
		},
		"in Tick":  func(call func(context.Context) error) host.Runner { return ticks{time.Millisecond, call} },
		"in Serve": func(call func(context.Context) error) host.Runner { return serves{call} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			up := make(chan struct{})
			r := hosting(t, shape(func(ctx context.Context) error {
				switch calls.Add(1) {
				case 1:
					return host.Dependency(errBoom)
				case 2:
					return bus.ErrUnavailable
				}
				up <- struct{}{}
				<-ctx.Done()
				return nil
			}))
			a := r.run(nap())
			require.Eventually(t, func() bool { return r.host.Health(a.id).Status == spec.HealthWaiting }, patience, time.Millisecond,
				"it is shown as waiting")
			receive(t, up, "the call after the dependency is back")
			if name == "in Serve" {
				a.awaitReady()
				require.Eventually(t, func() bool { return r.host.Health(a.id).Status == spec.HealthOK }, patience, time.Millisecond,
					"what serves waits no more")
			}
			require.Empty(t, a.exit, "the attempt goes on")
		})
	}
}

func TestLaterSetsTheNextTick(t *testing.T) {
	t.Parallel()
	ticked := make(chan struct{}, 10)
	r := hosting(t, ticks{time.Hour, func(context.Context) error { ticked <- struct{}{}; return host.Later(time.Millisecond) }})
	a := r.runReady(nap())
	for range 3 {
		receive(t, ticked, "a tick long before the interval")
	}
	require.Empty(t, a.exit, "Later is no failure")
	require.Eventually(t, func() bool { return r.host.Health(a.id).Details["last_success_at"] != nil }, patience, time.Millisecond)
	require.EqualValues(t, 0, r.host.Health(a.id).Details["tick_errors"])
	require.Equal(t, host.ExitStopped, a.stop(spec.StopForOperator).Kind)
}

func TestAPanicInHandleIsADeadLetter(t *testing.T) {
	t.Parallel()
	handled := make(chan string, 10)
	r := hosting(t, struct {
		ticks
		handles
	}{idle(), handles{func(_ context.Context, event bus.Event) error {
		note, err := bus.Decode[bus.OperatorNote](event)
		if err != nil || note.Text == "bad" {
			panic("bad note")
		}
		handled <- note.Text
		return nil
	}}})
	a := r.runReady(nap())
	r.note("bad")
	r.note("good")
	require.Equal(t, "good", receive(t, handled, "the event after the bad one"))
	require.Empty(t, a.exit)
}
