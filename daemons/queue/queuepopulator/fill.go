package queuepopulator

import "github.com/ringrift/orchestrator/internal/selfplay"

// queued is what there is of one configuration.
type queued struct {
	waiting int64 // jobs that no node has
	jobs    int64 // jobs that are not over, those that wait included
	games   int64 // that no iteration has taken
}

// wants says whether a configuration can use another job.
func (q queued) wants(config selfplay.PlanConfig) bool {
	return q.games+q.jobs*config.GamesPerJob < config.Stock
}

// fill chooses configurations for so many jobs: each goes to the one that waits with the fewest for its weight. With
// fewer than asked for, all configurations have what they need.
func fill(plan *selfplay.Plan, found map[string]queued, room int64) (chosen []string) {
	now := make(map[string]queued, len(plan.Configs))
	for _, config := range plan.Configs {
		now[config.Key] = found[config.Key]
	}
	for int64(len(chosen)) < room {
		best, least := "", 0.0
		for _, config := range plan.Configs {
			share := float64(now[config.Key].waiting) / config.Weight
			if now[config.Key].wants(config) && (best == "" || share < least) {
				best, least = config.Key, share
			}
		}
		if best == "" {
			break
		}
		one := now[best]
		one.waiting++
		one.jobs++
		now[best] = one
		chosen = append(chosen, best)
	}
	return chosen
}

// satisfied says whether every configuration has its stock, and how many games those are.
func satisfied(plan *selfplay.Plan, found map[string]queued) (games int64, done bool) {
	done = true
	for _, config := range plan.Configs {
		games += config.Stock
		done = done && found[config.Key].games >= config.Stock
	}
	return games, done
}
