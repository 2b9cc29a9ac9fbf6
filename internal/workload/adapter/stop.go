package adapter

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// untilStopped returns a context that ends at the deadline, or when the process is told to end.
func untilStopped(deadline time.Time) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	var reached <-chan time.Time
	if !deadline.IsZero() {
		reached = time.After(time.Until(deadline))
	}
	go func() {
		select {
		case <-reached:
			cancel(ErrDeadline)
		case <-signals:
			cancel(reason(deadline))
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}

// reason tells why TERM came: the orchestrator sends it at the deadline too.
func reason(deadline time.Time) error {
	if !deadline.IsZero() && !time.Now().Before(deadline) {
		return ErrDeadline
	}
	return ErrCancelled
}
