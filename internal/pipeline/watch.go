package pipeline

import (
	"context"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// Watcher is implemented by work that tells of its jobs while they are under way.
type Watcher interface {
	// Watch is asked in every round, until the job of an order is over and once more then. It returns what there is to be
	// told, again and again; each of these facts has a natural key.
	Watch(ctx context.Context, session *ledger.Session, order ledger.Stage, job ledger.Job) ([]bus.Payload, error)
}

// maxTold bounds the facts that are remembered. Those that are forgotten are told once more, which nobody notices.
const maxTold = 10_000

// watch tells what work says of a job under way, each fact once.
func (o *Owner) watch(ctx context.Context, session *ledger.Session, order ledger.Stage, job ledger.Job) error {
	watcher, can := o.Work.(Watcher)
	if !can {
		return nil
	}
	payloads, err := watcher.Watch(ctx, session, order, job)
	if err != nil {
		return err
	}
	for _, payload := range payloads {
		event, err := o.event(order, payload)
		if err != nil {
			return err
		}
		if o.told[event.ID] {
			continue
		}
		if err := o.Log.PublishEvent(ctx, event); err != nil {
			return err
		}
		if len(o.told) >= maxTold {
			clear(o.told)
		}
		o.told[event.ID] = true
	}
	return nil
}
