package selfplaycoordinator

import (
	"context"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/selfplay"
)

// eased is the part of the budget that is shared out while too many evaluations are open: what is played then waits long
// before anybody learns from it.
const eased = .5

type coordinator struct {
	*pipeline.Rounds[round]
	config Config
	rt     host.Runtime
	// injected are the injections that this copy has told of; only Tick touches it.
	injected map[string]bool
}

// round is what one round saw and did.
type round struct {
	plan *selfplay.Plan // that holds after it; nil if there is none
	made bool
	// findings are configurations that cannot be planned for.
	findings []string
}

var (
	_ host.Ticker     = (*coordinator)(nil)
	_ host.Subscriber = (*coordinator)(nil)
	_ host.Checker    = (*coordinator)(nil)
)

func newCoordinator(config Config, rt host.Runtime) *coordinator {
	c := &coordinator{config: config, rt: rt, injected: map[string]bool{}}
	c.Rounds = pipeline.NewRounds(rt, config.Interval, c.round)
	return c
}

// Subscriptions implements host.Subscriber.
func (c *coordinator) Subscriptions() []bus.Name {
	return []bus.Name{
		"PIPELINE_STAGE_CHANGED", "TRAINING_PLAN_UPDATED", "CURRICULUM_REBALANCED",
		"QUEUE_LEVEL_CHANGED", "BACKPRESSURE_ACTIVATED", "BACKPRESSURE_RELEASED",
		"EVALUATION_BACKPRESSURE", "EVALUATION_BACKPRESSURE_RELEASED",
		"LOW_QUALITY_DATA_WARNING", "HIGH_QUALITY_DATA_AVAILABLE", "TRAINING_BLOCKED_BY_QUALITY",
		"IDLE_RESOURCE_DETECTED",
	}
}

// Tick implements host.Ticker.
func (c *coordinator) Tick(ctx context.Context) error {
	if c.config.Configs == nil {
		return nil // there is nothing to train, so nothing to play
	}
	return c.Rounds.Tick(ctx)
}

func (c *coordinator) round(ctx context.Context, session *ledger.Session, seen *round) error {
	if err := c.share(ctx, session, seen); err != nil {
		return err
	}
	return c.occupy(ctx, session, c.config.Settings().Idle, seen)
}

// share plans anew if there is reason to.
func (c *coordinator) share(ctx context.Context, session *ledger.Session, seen *round) error {
	l := session.Ledger()
	before, err := selfplay.Latest(ctx, l)
	if err != nil {
		return err
	}
	seen.plan = before
	settings := c.config.Settings()
	open, err := pipeline.EvaluationPressure(ctx, l)
	if err != nil {
		return err
	}
	high := open.Level == pipeline.EvaluationHigh
	if high {
		settings.BudgetGames = max(1, int64(eased*float64(settings.BudgetGames)))
	}
	candidates, err := c.look(ctx, l, settings, seen)
	if err != nil {
		return err
	}
	now, err := l.Now(ctx)
	if err != nil {
		return err
	}
	weights, err := feedback.LatestWeights(ctx, l)
	if err != nil {
		return err
	}
	full, err := pressure(ctx, l)
	if err != nil {
		return err
	}
	weigh(candidates, weights, now)
	plan := draft(candidates, settings, full)
	plan.Eased, plan.Weights = high, weights.Version
	if plan.Reason = reason(before, plan, settings, now); plan.Reason == "" {
		return nil
	}
	plan.ID = nextID(before, now)
	if err := selfplay.Save(ctx, session, plan); err != nil {
		return err
	}
	seen.plan, seen.made = plan, true
	return c.rt.Bus.Publish(ctx, allocation(plan))
}

// allocation tells of a plan.
func allocation(plan *selfplay.Plan) bus.SelfplayAllocationUpdated {
	told := bus.SelfplayAllocationUpdated{PlanID: plan.ID, Trigger: plan.Reason, Configs: map[string]int64{}}
	for _, config := range plan.Configs {
		told.Configs[config.Key] = config.Stock
		told.TotalGames += config.Stock
	}
	return told
}
