package queuepopulator

// queued is what there is of one configuration.
type queued struct {
	waiting int64 // jobs that no node has
	jobs    int64 // jobs that are not over, those that wait included
	games   int64 // that are counted
}

// wants says whether a configuration can use another job.
func (q queued) wants(config PlanConfig, gamesPerJob int64) bool {
	return config.Games == 0 || q.games+q.jobs*gamesPerJob < config.Games
}

// fill chooses configurations for so many jobs: each goes to the one that waits with the fewest for its weight. With
// fewer than asked for, all configurations have what they need.
func fill(plan *Plan, found map[string]queued, room int64) (chosen []string) {
	now := make(map[string]queued, len(plan.Configs))
	for _, config := range plan.Configs {
		now[config.Key] = found[config.Key]
	}
	for int64(len(chosen)) < room {
		best, least := "", 0.0
		for _, config := range plan.Configs {
			share := float64(now[config.Key].waiting) / config.Weight
			if now[config.Key].wants(config, plan.GamesPerJob) && (best == "" || share < least) {
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

// satisfied says whether every configuration has the games it is to have, and how many those are. A plan without an end
// is never satisfied.
func satisfied(plan *Plan, found map[string]queued) (games int64, done bool) {
	done = true
	for _, config := range plan.Configs {
		games += config.Games
		done = done && config.Games > 0 && found[config.Key].games >= config.Games
	}
	return games, done
}
