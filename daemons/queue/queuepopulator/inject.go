package queuepopulator

import (
	"context"
	"errors"
	"slices"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/selfplay"
)

// inject queues what SELFPLAY_COORDINATOR has idle nodes play, each injection once, whoever died meanwhile. One of another
// plan, or of long ago, has lapsed.
func (p *populator) inject(ctx context.Context, session *ledger.Session, seen *view) error {
	young, err := selfplay.Injections(ctx, session.Ledger(), selfplay.InjectionLife)
	if err != nil {
		return err
	}
	for _, one := range young {
		job, err := session.Ledger().JobByKey(ctx, one.JobKey())
		if errors.Is(err, ledger.ErrNotFound) {
			job, err = p.submitInjection(ctx, session, one, seen)
		}
		if err != nil {
			return err
		}
		if job.ID == "" || p.injected[job.ID] {
			continue
		}
		if err := p.tellQueued(ctx, job); err != nil {
			return err
		}
		p.injected[job.ID] = true
	}
	if len(young) == 0 {
		clear(p.injected)
	}
	return nil
}

// submitInjection puts the job of an injection into the queue, kept for its node for a while. Under pressure, and while
// nothing comes of jobs, it makes none.
func (p *populator) submitInjection(ctx context.Context, session *ledger.Session, one selfplay.Injection, seen *view) (ledger.Job, error) {
	at := slices.IndexFunc(p.plan.Configs, func(config selfplay.PlanConfig) bool { return config.Key == one.ConfigKey })
	if one.PlanID != p.plan.ID || at < 0 || seen.level == levelHard || seen.skipped != "" {
		return ledger.Job{}, nil
	}
	config := p.plan.Configs[at]
	config.GamesPerJob = one.Games
	wanted, err := p.job(config, one.JobKey())
	if err != nil {
		return ledger.Job{}, err
	}
	wanted.TargetNode, wanted.TargetUntil = one.NodeID, one.At.Add(selfplay.InjectionLife)
	submitted, err := session.SubmitJob(ctx, wanted)
	return submitted.Job, err
}
