package pipeline

import (
	"context"
	"strings"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// tellBegan says that an order's job is in the queue. What the order waits for names the job once that was told: who
// dies in between leaves it to the next look.
func (o *Owner) tellBegan(ctx context.Context, order ledger.Stage, job ledger.Job) error {
	if strings.Contains(order.Waiting, job.ID) {
		return nil
	}
	if err := o.tellQueued(ctx, order, job); err != nil {
		return err
	}
	teller, tells := o.Work.(Teller)
	if !tells {
		return nil
	}
	payload, err := teller.Began(order, job)
	if err != nil || payload == nil {
		return err
	}
	return o.tell(ctx, order, payload)
}

func (o *Owner) tellQueued(ctx context.Context, order ledger.Stage, job ledger.Job) error {
	queued := bus.Work{Config: bus.ConfigOf(job.ConfigKey), JobID: job.ID, Kind: job.Kind, Priority: job.Priority}
	return o.tell(ctx, order, bus.WorkQueued{Work: queued})
}

func (o *Owner) tell(ctx context.Context, order ledger.Stage, payload bus.Payload) error {
	event, err := o.event(order, payload)
	if err != nil {
		return err
	}
	return o.Log.PublishEvent(ctx, event)
}

func (o *Owner) event(order ledger.Stage, payload bus.Payload) (bus.Event, error) {
	event, err := o.Log.Event(payload)
	event.ConfigKey, event.CorrelationID = order.ConfigKey, IterationID(order.ConfigKey, order.Iteration)
	return event, err
}
