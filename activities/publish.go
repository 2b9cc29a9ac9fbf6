package activities

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Publisher puts transitions into the event log.
type Publisher struct {
	Outbox *bus.Outbox
	Node   string // of this worker, as the origin of transitions of cluster daemons
}

// Publish stores the events of transitions on disk, in order; the outbox delivers them when the bus is there.
func (p *Publisher) Publish(ctx context.Context, in spec.PublishInput) error {
	for _, transition := range in.Transitions {
		origin := bus.Origin{Source: string(transition.Daemon), Node: p.Node, OccurredAt: transition.At}
		event, err := bus.NewEvent(bus.TransitionPayload(transition), origin)
		if err != nil {
			return fmt.Errorf("event of %s: %w", transition.Daemon, err)
		}
		if err := p.Outbox.Put(ctx, event); err != nil {
			return fmt.Errorf("keep event of %s: %w", transition.Daemon, err)
		}
	}
	return nil
}
