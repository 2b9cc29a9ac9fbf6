package feedbackloop

import (
	"context"
	"errors"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// loop is a desk for the stage FEEDBACK that also keeps the plans of all configurations up to date: what they follow
// from fades, and others propose at any time.
type loop struct {
	*pipeline.Desk
	config  Config
	rt      host.Runtime
	planner *planner
}

var (
	_ host.Ticker     = (*loop)(nil)
	_ host.Subscriber = (*loop)(nil)
	_ host.Waker      = (*loop)(nil)
	_ host.Checker    = (*loop)(nil)
)

func newLoop(config Config, rt host.Runtime) *loop {
	plans := newPlanner(config, rt)
	return &loop{
		Desk:   pipeline.NewDesk(rt, patience, pipeline.NewOwner(spec.StageFeedback, &stage{plans}, rt.Bus)),
		config: config, rt: rt, planner: plans,
	}
}

// Subscriptions implements host.Subscriber.
func (l *loop) Subscriptions() []bus.Name {
	return append(feedback.PlanProposals(), "PIPELINE_STAGE_CHANGED")
}

// WokenBy implements host.Waker: an order is in the ledger, a proposal is once it was handled.
func (l *loop) WokenBy() []bus.Name { return []bus.Name{"PIPELINE_STAGE_CHANGED"} }

// Handle implements host.Subscriber: a proposal is put on record, anything else is a hint that there are results.
func (l *loop) Handle(ctx context.Context, event bus.Event) error {
	if l.rt.Ledger == nil {
		return errors.New("this process has no ledger")
	}
	return feedback.Note(ctx, l.rt.Ledger, event)
}

// Tick implements host.Ticker.
func (l *loop) Tick(ctx context.Context) error {
	if err := l.Desk.Tick(ctx); err != nil {
		return err
	}
	if l.config.Configs == nil {
		return nil // nothing is trained
	}
	session, err := l.rt.Ledger(ctx)
	if err != nil {
		return err
	}
	for _, key := range l.config.Configs() {
		if err := l.keepUp(ctx, session, key); err != nil {
			if ledger.IsUnavailable(err) {
				return host.Dependency(err)
			}
			return err
		}
	}
	return nil
}

// keepUp brings the plan of a configuration up to date. The last plan of a training that is over fades by itself.
func (l *loop) keepUp(ctx context.Context, session *ledger.Session, configKey string) error {
	over, err := l.config.Terms(configKey).Targets.Over(ctx, session.Ledger(), configKey)
	if err != nil || over {
		return err
	}
	_, err = l.planner.bring(ctx, session, configKey)
	return err
}
