package host_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// stubborn is a daemon whose tick ignores its context until the test ends; ticking hears of each begin.
func stubborn(t *testing.T) (runner ticks, ticking <-chan struct{}) {
	release, began := make(chan struct{}), make(chan struct{}, 10)
	t.Cleanup(func() { close(release) })
	return ticks{time.Hour, func(context.Context) error {
		began <- struct{}{}
		<-release
		return nil
	}}, began
}

func impatient(a *host.Assignment) { a.Spec.StopTimeout = 50 * time.Millisecond }

func TestStopRepeatsTheReason(t *testing.T) {
	t.Parallel()
	for _, reason := range []spec.StopReason{
		spec.StopForOperator, spec.StopForPause, spec.StopForDown, spec.StopForHandover, spec.StopForEviction, spec.StopForFence,
	} {
		exit := hosting(t, idle()).runReady(nap()).stop(reason)
		require.Equal(t, host.ExitStopped, exit.Kind)
		require.Equal(t, reason, exit.Reason)
		require.Empty(t, exit.Handover)
	}
}

func TestStopReachesADaemonThatIsNotReady(t *testing.T) {
	t.Parallel()
	r := hosting(t, struct {
		ticks
		readies
	}{idle(), readies{func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}})
	a := r.run(nap())
	require.Eventually(t, func() bool { return len(r.host.Snapshot()) == 1 }, patience, time.Millisecond)
	exit := a.stop(spec.StopForOperator)
	require.Equal(t, host.ExitStopped, exit.Kind)
	require.Equal(t, spec.StopForOperator, exit.Reason)
	require.Empty(t, a.ready)
}

func TestStopOfWhatDoesNotRunHere(t *testing.T) {
	t.Parallel()
	r := hosting(t, idle())
	require.False(t, r.host.Stop("daemon/NAP", 0, spec.StopForOperator))
	a := r.runReady(nap(epoch(5)))
	require.False(t, r.host.Stop(a.id, 4, spec.StopForOperator), "another epoch")
	require.False(t, r.host.Stop("daemon/NAP@node-1", 0, spec.StopForOperator), "another name")
	require.True(t, r.host.Stop(a.id, 5, spec.StopForOperator))
	a.awaitExit()
}

func TestTheEndOfTheContextFences(t *testing.T) {
	t.Parallel()
	a := hosting(t, idle()).runReady(nap())
	a.cancel()
	exit := a.awaitExit()
	require.Equal(t, host.ExitStopped, exit.Kind)
	require.Equal(t, spec.StopForFence, exit.Reason)
}

func TestATickThatIgnoresItsContextIsAbandoned(t *testing.T) {
	t.Parallel()
	runner, ticking := stubborn(t)
	r := hosting(t, runner)
	a := r.runReady(nap(impatient))
	receive(t, ticking, "the tick")
	began := time.Now()
	exit := a.stop(spec.StopForOperator)
	require.True(t, exit.Abandoned)
	require.GreaterOrEqual(t, time.Since(began), 50*time.Millisecond)
	require.Empty(t, r.host.Snapshot(), "its name is free")
	require.False(t, r.runReady(nap(epoch(2), impatient)).awaitStopped().Kind == "")
}

// awaitStopped stops an attempt that may be abandoned.
func (a *attempt) awaitStopped() host.Exit { return a.stop(spec.StopForOperator) }

func TestDrain(t *testing.T) {
	t.Parallel()
	for reason, want := range map[spec.StopReason]string{
		spec.StopForHandover: "page 7", spec.StopForPause: "page 7", spec.StopForOperator: "", spec.StopForDown: "",
	} {
		a := hosting(t, struct {
			ticks
			drains
		}{idle(), drains{func(context.Context) ([]byte, error) { return []byte("page 7"), nil }}}).runReady(nap())
		require.Equal(t, want, string(a.stop(reason).Handover), "stop for %s", reason)
	}
}

func TestDrainThatGoesWrongHandsNothingOver(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	for name, drain := range map[string]func(context.Context) ([]byte, error){
		"error":               func(context.Context) ([]byte, error) { return []byte("half"), errBoom },
		"panic":               func(context.Context) ([]byte, error) { panic("nil map") },
		"ignores its context": func(context.Context) ([]byte, error) { <-release; return nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := hosting(t, struct {
				ticks
				drains
			}{idle(), drains{drain}}).runReady(nap())
			exit := a.stop(spec.StopForHandover)
			require.Equal(t, host.ExitStopped, exit.Kind)
			require.Empty(t, exit.Handover)
		})
	}
}

func TestStopMany(t *testing.T) {
	t.Parallel()
	stuck, ticking := stubborn(t)
	r := newRig(t, func(runtime host.Runtime) (host.Runner, error) {
		if runtime.Spec.Params["stubborn"] != "" {
			return stuck, nil
		}
		return idle(), nil
	})
	onNode := func(node string) func(*host.Assignment) { return func(a *host.Assignment) { a.Node = node } }
	attempts := []*attempt{
		r.runReady(nap(onNode("a"))), r.runReady(nap(onNode("b"))),
		r.runReady(nap(onNode("c"), impatient, func(a *host.Assignment) { a.Spec.Params = map[string]string{"stubborn": "yes"} })),
	}
	receive(t, ticking, "the tick")
	outcomes := r.host.StopMany(t.Context(), []string{"daemon/NAP@c", "daemon/NAP@d", "daemon/NAP@a", "daemon/NAP@b"}, spec.StopForDown)
	require.Equal(t, map[string]spec.StopOutcome{
		"daemon/NAP@a": spec.StopClean, "daemon/NAP@b": spec.StopClean, "daemon/NAP@c": spec.StopAbandoned,
	}, outcomes)
	for _, a := range attempts {
		require.Equal(t, spec.StopForDown, a.awaitExit().Reason)
	}
}

func TestADaemonThatFailsWhileItIsToldToStopHasStopped(t *testing.T) {
	t.Parallel()
	for range 20 {
		fail := make(chan struct{})
		r := hosting(t, ticks{time.Hour, func(context.Context) error { <-fail; return errBoom }})
		a := r.runReady(nap())
		close(fail)
		if !r.host.Stop(a.id, 0, spec.StopForDown) {
			continue // it had failed before it was told
		}
		exit := a.awaitExit()
		require.Equal(t, host.ExitStopped, exit.Kind, "told to stop before it ended, so the fleet's switch must win")
		require.Equal(t, spec.StopForDown, exit.Reason)
	}
}
