package selfplaycoordinator

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/selfplay"
)

// idleNode is one that has been idle for long enough, as its record in the ledger says.
type idleNode struct {
	id      string
	seconds float64
	gpus    bool
}

// site is the nodes and the queue as an injection sees them.
type site struct {
	jobs.Snapshot
	policy  jobs.Policy
	waiting int64            // self-play jobs that no node has
	games   map[string]int64 // to train on, of each configuration that is planned for
}

func survey(ctx context.Context, l *ledger.Ledger, policy jobs.Policy, plan *selfplay.Plan) (place site, err error) {
	leased, err := l.LeasedJobs(ctx)
	if err != nil {
		return place, err
	}
	counts, err := l.JobCounts(ctx)
	if err != nil {
		return place, err
	}
	place.policy, place.games = policy, map[string]int64{}
	if place.Snapshot, err = jobs.Observe(ctx, l, policy, leased); err != nil {
		return place, err
	}
	for _, count := range counts {
		if count.Kind == jobs.KindSelfplay && (count.Status == ledger.Pending || count.Status == ledger.Waiting) {
			place.waiting += count.Jobs
		}
	}
	for _, config := range plan.Configs {
		games, err := l.TrainingGames(ctx, config.Key)
		if err != nil {
			return place, err
		}
		place.games[config.Key] = games
	}
	return place, nil
}

// idle are the nodes whose records say that they are, for long enough; the longest first. One that has jobs is not,
// whatever its record says: that is older. What is unknown is not idle.
func (s site) idle(after time.Duration) (all []idleNode) {
	for _, node := range s.Nodes {
		var capacity nodes.Capacity
		if json.Unmarshal(node.Capacity, &capacity) != nil || slices.ContainsFunc(s.Leased, func(job ledger.Job) bool { return job.Node == node.ID }) {
			continue
		}
		if idle, known := capacity.Idle.Get(); known && idle.Seconds >= after.Seconds() {
			all = append(all, idleNode{node.ID, idle.Seconds, idle.GPU != nil})
		}
	}
	slices.SortFunc(all, func(a, b idleNode) int { return cmp.Or(cmp.Compare(b.seconds, a.seconds), cmp.Compare(a.id, b.id)) })
	return all
}

// poorest is the configuration with the fewest games, below the ceiling, that a node can play, or why there is none.
func (s site) poorest(plan *selfplay.Plan, node idleNode, ceiling int64) (best *selfplay.PlanConfig, refused string) {
	refused = fmt.Sprintf("every configuration has its %d games", ceiling)
	for i, config := range plan.Configs {
		if s.games[config.Key] >= ceiling || best != nil && s.games[config.Key] >= s.games[best.Key] {
			continue
		}
		job := ledger.Job{JobSpec: ledger.JobSpec{Kind: jobs.KindSelfplay, Resources: config.Resources, Labels: config.Labels, TargetNode: node.id}}
		if why := jobs.Unfit(s.Snapshot, s.policy, node.id, job); why != "" {
			refused = fmt.Sprintf("%s does not run there: %s", config.Key, why)
			continue
		}
		best = &plan.Configs[i]
	}
	return best, refused
}
