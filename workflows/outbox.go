package workflows

import "go.temporal.io/sdk/workflow"

// outbox keeps signals to one workflow in order, by sending each once the one before has been taken.
type outbox struct {
	last workflow.Future
}

// send returns a future that is done when the signal was taken or could not be. It waits for first, if
// given, before it sends.
func (o *outbox) send(ctx workflow.Context, first workflow.Future, signal func(workflow.Context) workflow.Future) workflow.Future {
	if done(o.last) && done(first) {
		o.last = signal(ctx)
		return o.last
	}
	previous := o.last
	sent, settle := workflow.NewFuture(ctx)
	o.last = sent
	workflow.Go(ctx, func(ctx workflow.Context) {
		for _, awaited := range []workflow.Future{first, previous} {
			if awaited != nil {
				_ = awaited.Get(ctx, nil) // one that failed is over as well
			}
		}
		settle.Set(nil, signal(ctx).Get(ctx, nil))
	})
	return sent
}

// idle says that everything was taken or could not be.
func (o *outbox) idle() bool { return done(o.last) }

func done(future workflow.Future) bool { return future == nil || future.IsReady() }
