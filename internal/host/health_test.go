package host_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// says is a daemon that is as healthy as the word in it.
type says struct {
	ticks
	word atomic.Value
}

func newSays(word spec.HealthStatus) *says {
	s := &says{ticks: idle()}
	s.word.Store(word)
	return s
}

func (s *says) Health(context.Context) spec.Health {
	return spec.Health{Status: s.word.Load().(spec.HealthStatus), Message: "says so"}
}

func TestUnhealthyInARowIsAFailure(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	r := hosting(t, struct {
		ticks
		checks
	}{idle(), checks{func(context.Context) spec.Health {
		asked.Add(1)
		return spec.Health{Status: spec.HealthUnhealthy, Message: "queue is stuck"}
	}}})
	exit := r.run(nap()).awaitExit()
	require.Equal(t, host.ExitFailed, exit.Kind)
	require.Equal(t, spec.CauseUnhealthy, exit.Cause)
	require.EqualError(t, exit.Err, "unhealthy 3 times in a row: queue is stuck")
	require.EqualValues(t, 4, asked.Load(), "once for the report of readiness, then three verdicts")
}

func TestOneGoodVerdictEndsTheRow(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	r := hosting(t, struct {
		ticks
		checks
	}{idle(), checks{func(context.Context) spec.Health {
		if asked.Add(1)%3 == 0 {
			return spec.Health{Status: spec.HealthOK}
		}
		return spec.Health{Status: spec.HealthUnhealthy}
	}}})
	a := r.runReady(nap())
	require.Eventually(t, func() bool { return asked.Load() > 20 }, patience, time.Millisecond)
	require.Empty(t, a.exit)
}

func TestWhatIsNotUnhealthyIsNeverAFailure(t *testing.T) {
	t.Parallel()
	for _, word := range []spec.HealthStatus{spec.HealthOK, spec.HealthDegraded, spec.HealthUnknown, spec.HealthWaiting} {
		r := hosting(t, newSays(word))
		a := r.runReady(nap(func(a *host.Assignment) { a.Spec.UnhealthyThreshold = 1 }))
		at := r.host.Health(a.id).At
		require.Eventually(t, func() bool { return r.host.Health(a.id).At.After(at.Add(100 * time.Millisecond)) }, patience, time.Millisecond)
		require.Empty(t, a.exit, "%s", word)
		require.Equal(t, word, r.host.Health(a.id).Status)
	}
}

// A daemon that does not know how it is when it becomes ready is asked again soon, and not only an interval later.
func TestWhoDoesNotKnowIsAskedAgainSoon(t *testing.T) {
	t.Parallel()
	daemon := newSays(spec.HealthUnknown)
	r := hosting(t, daemon)
	a := r.runReady(nap(func(a *host.Assignment) { a.Spec.HealthCheckInterval = time.Hour }))
	require.Equal(t, spec.HealthUnknown, r.host.Health(a.id).Status)
	daemon.word.Store(spec.HealthOK)
	require.Eventually(t, func() bool { return r.host.Health(a.id).Status == spec.HealthOK }, patience, time.Millisecond)
}

func TestVerdictsDuringTheGraceAreShownAndNotCounted(t *testing.T) {
	t.Parallel()
	r := hosting(t, newSays(spec.HealthUnhealthy))
	a := r.runReady(nap(func(a *host.Assignment) { a.Spec.StartupGrace = time.Hour }))
	require.Equal(t, spec.HealthUnhealthy, r.host.Health(a.id).Status)
	at := r.host.Health(a.id).At
	require.Eventually(t, func() bool { return r.host.Health(a.id).At.After(at.Add(100 * time.Millisecond)) }, patience, time.Millisecond)
	require.Empty(t, a.exit)
	r.advance(time.Hour)
	require.Equal(t, spec.CauseUnhealthy, a.awaitExit().Cause, "after the grace they count")
}

func TestTheObserverHearsOfChangesOnly(t *testing.T) {
	t.Parallel()
	daemon := newSays(spec.HealthOK)
	r := hosting(t, daemon)
	a := r.runReady(nap())
	at := r.host.Health(a.id).At
	require.Eventually(t, func() bool { return r.host.Health(a.id).At.After(at.Add(100 * time.Millisecond)) }, patience, time.Millisecond)
	require.Empty(t, a.changes)
	daemon.word.Store(spec.HealthDegraded)
	require.Equal(t, spec.HealthDegraded, receive(t, a.changes, "the change").Status)
	daemon.word.Store(spec.HealthOK)
	require.Equal(t, spec.HealthOK, receive(t, a.changes, "the change back").Status)
}

func TestAHealthCheckThatPanicsIsUnhealthy(t *testing.T) {
	t.Parallel()
	exit := hosting(t, struct {
		ticks
		checks
	}{idle(), checks{func(context.Context) spec.Health { panic("nil map") }}}).run(nap()).awaitExit()
	require.Equal(t, spec.CauseUnhealthy, exit.Cause)
	require.ErrorContains(t, exit.Err, "health check: panic: nil map")
}

func TestAStuckTickIsUnhealthy(t *testing.T) {
	t.Parallel()
	runner, ticking := stubborn(t)
	r := hosting(t, struct {
		ticks
		checks
	}{runner, checks{func(context.Context) spec.Health { return spec.Health{Status: spec.HealthOK} }}})
	a := r.runReady(nap(impatient))
	receive(t, ticking, "the tick")
	r.advance(11 * time.Hour)
	exit := a.awaitExit()
	require.Equal(t, spec.CauseUnhealthy, exit.Cause)
	require.ErrorContains(t, exit.Err, "a tick has been running for 11h")
}

func TestTheHostsOwnFigures(t *testing.T) {
	t.Parallel()
	r := hosting(t, ticks{time.Millisecond, func(context.Context) error { return nil }})
	a := r.runReady(nap())
	require.Eventually(t, func() bool {
		details := r.host.Health(a.id).Details
		return details["ticks"].(int64) > 5 && details["last_success_at"] != nil
	}, patience, time.Millisecond)
	require.EqualValues(t, 0, r.host.Health(a.id).Details["tick_errors"])
}

func TestReadyForCountsFromReady(t *testing.T) {
	t.Parallel()
	r := hosting(t, idle())
	a := r.runReady(nap())
	r.advance(2 * time.Hour)
	require.InDelta(t, 2*time.Hour, a.stop(spec.StopForOperator).ReadyFor, float64(time.Minute))
}

// A daemon may keep the details that it tells. The host adds its figures to a map of its own: another goroutine may
// be writing down the verdict before.
func TestTheHostLeavesADaemonsDetailsAlone(t *testing.T) {
	t.Parallel()
	kept := map[string]any{"queue": 3}
	r := hosting(t, struct {
		ticks
		checks
	}{idle(), checks{func(context.Context) spec.Health { return spec.Health{Status: spec.HealthOK, Details: kept} }}})
	a := r.runReady(nap())
	require.Contains(t, r.host.Health(a.id).Details, "ticks")
	require.Equal(t, 3, r.host.Health(a.id).Details["queue"])
	a.stop(spec.StopForOperator)
	require.Equal(t, map[string]any{"queue": 3}, kept)
}
