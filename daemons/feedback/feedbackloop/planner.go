package feedbackloop

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

// planner makes plans and tells of them.
type planner struct {
	config Config
	rt     host.Runtime
	told   map[string]string // the version that this copy has told, by configuration; only Tick touches it

	mu    sync.Mutex
	plans map[string]feedback.Plan // that hold, by configuration
	since map[string]time.Time     // since when plans hold the training of a configuration
}

func newPlanner(config Config, rt host.Runtime) *planner {
	return &planner{config: config, rt: rt, told: map[string]string{}, plans: map[string]feedback.Plan{}, since: map[string]time.Time{}}
}

// bring makes another plan of a configuration if there is reason to, and returns the one that holds.
func (p *planner) bring(ctx context.Context, session *ledger.Session, configKey string) (feedback.Plan, error) {
	evidence, err := pipeline.FeedbackOf(ctx, session.Ledger(), configKey, p.config.Terms(configKey).Targets.Harness)
	if err != nil {
		return feedback.Plan{}, err
	}
	plan, _, err := feedback.Bring(ctx, session, evidence, p.config.Policy())
	if err != nil {
		return plan, err
	}
	p.keep(plan)
	return plan, p.tell(ctx, plan)
}

func (p *planner) keep(plan feedback.Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plans[plan.ConfigKey] = plan
	switch _, known := p.since[plan.ConfigKey]; {
	case !plan.At(p.rt.Now()).Paused():
		delete(p.since, plan.ConfigKey)
	case !known:
		p.since[plan.ConfigKey] = plan.MadeAt
	}
}

// held are the plans of all configurations, and since when they hold their trainings.
func (p *planner) held() (plans map[string]feedback.Plan, since map[string]time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.plans), maps.Clone(p.since)
}

// tell publishes a plan that this copy has not told yet: who made it may have died before.
func (p *planner) tell(ctx context.Context, plan feedback.Plan) error {
	if p.told[plan.ConfigKey] == plan.Version {
		return nil
	}
	// What is older than the log's memory was told when it was made.
	if !p.rt.Bus.Client().MayRepeat(plan.MadeAt) {
		values, err := json.Marshal(plan.Values)
		if err != nil {
			return fmt.Errorf("encode plan %s: %w", plan.Version, err)
		}
		told := bus.TrainingPlanUpdated{Config: bus.ConfigOf(plan.ConfigKey), PlanVersion: plan.Version, Plan: values, Causes: plan.Why()}
		if err := p.rt.Bus.Publish(ctx, told); err != nil {
			return err
		}
	}
	p.told[plan.ConfigKey] = plan.Version
	return nil
}
