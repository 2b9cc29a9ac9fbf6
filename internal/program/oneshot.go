package program

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/spec"
)

// oneShot runs a program to its end. It is never READY: its daemon is COMPLETED, or it has failed.
type oneShot struct{ *program }

// Ready waits until Serve has returned; the row's ready timeout bounds the run.
func (o *oneShot) Ready(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// Serve runs the program once.
func (o *oneShot) Serve(ctx context.Context) error {
	exit, err := o.runOnce(ctx)
	if err != nil {
		return err
	}
	return o.finish(exit)
}

// Health tells what it uses.
func (o *oneShot) Health(context.Context) spec.Health { return o.verdict(time.Now()) }

// runOnce runs the program to its end, within the time that one run may take.
func (p *program) runOnce(ctx context.Context) (exit process.Exit, err error) {
	if p.spec.RunTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, p.spec.RunTimeout, fmt.Errorf("it ran longer than %s", p.spec.RunTimeout))
		defer cancel()
	}
	started, err := p.start(ctx)
	if err != nil {
		return exit, err
	}
	defer started.release()
	return started.Wait(), nil
}
