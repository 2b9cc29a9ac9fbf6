package host_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

var errBoom = errors.New("boom")

func TestEndings(t *testing.T) {
	t.Parallel()
	panics := func() error { panic("nil map") }
	for name, test := range map[string]struct {
		end  func() error
		want host.Exit
	}{
		"error":     {func() error { return errBoom }, host.Exit{Kind: host.ExitFailed, Cause: spec.CauseError}},
		"panic":     {panics, host.Exit{Kind: host.ExitFailed, Cause: spec.CausePanic}},
		"never":     {func() error { return host.Never(errBoom) }, host.Exit{Kind: host.ExitNever, Cause: spec.CauseConfig}},
		"disabled":  {func() error { return host.Disabled("set BUCKET") }, host.Exit{Kind: host.ExitDisabled}},
		"completed": {host.Completed, host.Exit{Kind: host.ExitCompleted}},
		"fenced":    {func() error { return bus.ErrFenced }, host.Exit{Kind: host.ExitStopped, Reason: spec.StopForFence}},
	} {
		call := func(context.Context) error { return test.end() }
		for where, make := range map[string]func(host.Runtime) (host.Runner, error){
			"New": func(host.Runtime) (host.Runner, error) { return nil, test.end() },
			"Ready": func(host.Runtime) (host.Runner, error) {
				return struct {
					ticks
					readies
				}{idle(), readies{call}}, nil
			},
			"Tick":  func(host.Runtime) (host.Runner, error) { return ticks{time.Hour, call}, nil },
			"Serve": func(host.Runtime) (host.Runner, error) { return serves{call}, nil },
		} {
			t.Run(name+" in "+where, func(t *testing.T) {
				t.Parallel()
				exit := newRig(t, make).run(nap()).awaitExit()
				require.Equal(t, test.want.Kind, exit.Kind, "%v", exit.Err)
				require.Equal(t, test.want.Cause, exit.Cause)
				require.Equal(t, test.want.Reason, exit.Reason)
				if name == "disabled" {
					require.EqualError(t, exit.Err, "set BUCKET")
				}
			})
		}
	}
}

func TestServeThatReturnsEarlyHasFailed(t *testing.T) {
	t.Parallel()
	exit := hosting(t, serves{func(context.Context) error { return nil }}).run(nap()).awaitExit()
	require.Equal(t, host.ExitFailed, exit.Kind)
	require.ErrorContains(t, exit.Err, "not told to stop")
}

func TestServeThatFailsDuringReadyEndsTheAttempt(t *testing.T) {
	t.Parallel()
	a := hosting(t, struct {
		serves
		readies
	}{
		serves{func(context.Context) error { return errBoom }},
		readies{func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
	}).run(nap())
	exit := a.awaitExit()
	require.Equal(t, host.ExitFailed, exit.Kind)
	require.ErrorIs(t, exit.Err, errBoom, "the cause is told, not that Ready was cut short")
	require.Empty(t, a.ready)
}

func TestNotReadyInTime(t *testing.T) {
	t.Parallel()
	short := func(a *host.Assignment) { a.Spec.ReadyTimeout = 20 * time.Millisecond }
	deaf := make(chan struct{})
	t.Cleanup(func() { close(deaf) })
	for name, ready := range map[string]func(context.Context) error{
		"heeds its context":   func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"ignores its context": func(context.Context) error { <-deaf; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exit := hosting(t, struct {
				ticks
				readies
			}{idle(), readies{ready}}).run(nap(short)).awaitExit()
			require.Equal(t, host.ExitFailed, exit.Kind)
			require.Equal(t, spec.CauseNotReady, exit.Cause)
			require.ErrorContains(t, exit.Err, "not ready within 20ms")
			require.Zero(t, exit.ReadyFor)
		})
	}
}

func TestARunnerIsATickerOrAServer(t *testing.T) {
	t.Parallel()
	for name, runner := range map[string]host.Runner{"neither": struct{}{}, "nothing": nil, "both": struct {
		ticks
		serves
	}{}} {
		exit := hosting(t, runner).run(nap()).awaitExit()
		require.Equal(t, host.ExitNever, exit.Kind, "%s", name)
		require.ErrorContains(t, exit.Err, "exactly one of Ticker and Server", "%s", name)
	}
}
