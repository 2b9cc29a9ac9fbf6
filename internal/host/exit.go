package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/spec"
)

// ExitKind is how one attempt ended.
type ExitKind string

const (
	ExitStopped   ExitKind = "stopped"   // told to, see Exit.Reason
	ExitFailed    ExitKind = "failed"    // Cause and Err say why
	ExitNever     ExitKind = "never"     // trying again is useless
	ExitDisabled  ExitKind = "disabled"  // not configured here
	ExitCompleted ExitKind = "completed" // nothing left to do, for ever
	ExitUnknown   ExitKind = "unknown"   // this process has no daemon of that type
)

// Exit says how one attempt ended.
type Exit struct {
	Kind      ExitKind
	Reason    spec.StopReason // of ExitStopped
	Cause     spec.Cause      // of ExitFailed
	Err       error
	Handover  []byte
	Abandoned bool          // it did not stop in time
	ReadyFor  time.Duration // how long it was ready; 0 if never
}

// panicked is the error of a daemon that panicked.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// failure makes an exit of what a daemon returned. It is never called with nil, Later or Dependency.
func failure(err error) Exit {
	var (
		crash   *panicked
		useless *never
		off     *disabled
		sick    *unhealthy
		found   *ill
	)
	switch {
	case errors.As(err, &crash):
		return Exit{Kind: ExitFailed, Cause: spec.CausePanic, Err: err}
	case errors.As(err, &sick), errors.As(err, &found):
		return Exit{Kind: ExitFailed, Cause: spec.CauseUnhealthy, Err: err}
	case errors.Is(err, bus.ErrFenced):
		return Exit{Kind: ExitStopped, Reason: spec.StopForFence, Err: err}
	case errors.As(err, &useless):
		return Exit{Kind: ExitNever, Cause: spec.CauseConfig, Err: err}
	case errors.As(err, &off):
		return Exit{Kind: ExitDisabled, Err: errors.New(off.reason)}
	case errors.Is(err, errCompleted):
		return Exit{Kind: ExitCompleted}
	}
	return Exit{Kind: ExitFailed, Cause: spec.CauseError, Err: err}
}

// waits says whether an error asks the host to wait within the attempt.
func waits(err error) bool {
	var down *dependency
	return errors.As(err, &down) || errors.Is(err, bus.ErrUnavailable)
}

// guard calls a daemon's code and turns a panic into an error.
func guard(call func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicked{value, stack()}
		}
	}()
	return call()
}

// bounded is guard with a time limit. Code that ignores its context is left behind, and its answer with it.
func bounded[T any](ctx context.Context, limit time.Duration, call func(context.Context) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	answered := make(chan answer, 1)
	go func() {
		var a answer
		a.err = guard(func() (err error) {
			a.value, err = call(ctx)
			return err
		})
		answered <- a
	}()
	select {
	case a := <-answered:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
