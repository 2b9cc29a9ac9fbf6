package autosync

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ringrift/orchestrator/internal/data/peers"
	"github.com/ringrift/orchestrator/internal/spec"
)

// strategy is how a node takes part.
type strategy string

const (
	// hybrid: fetch what the node's role needs, and ask the best peers for what nobody else has.
	hybrid strategy = "hybrid"
	// pull: fetch everything, whatever the role, and ask nobody.
	pull strategy = "pull"
	// broadcast: like pull, and ask every node with enough disk for everything.
	broadcast strategy = "broadcast"
	// ephemeral: fetch no games, and get everything to a node that is there to stay, as soon as it is there.
	ephemeral strategy = "ephemeral"
)

// neighbours is how many peers are asked for a segment, except by broadcast.
const neighbours = 3

// chooseStrategy takes what is asked for; auto, or nothing, goes by what the node is declared to be.
func chooseStrategy(asked string, labels []string) (strategy, error) {
	switch s := strategy(asked); s {
	case hybrid, pull, broadcast, ephemeral:
		return s, nil
	case "", "auto":
		if slices.Contains(labels, peers.LabelEphemeral) {
			return ephemeral, nil
		}
		return hybrid, nil
	}
	return "", fmt.Errorf("strategy %q is unknown: use auto, hybrid, pull, broadcast or ephemeral", asked)
}

// receivesGames says whether the node fetches games by itself. Coordinators and nodes that only play do so only if
// they are told to.
func (s strategy) receivesGames(roles []spec.Role) bool {
	switch s {
	case pull, broadcast:
		return true
	case ephemeral:
		return false
	}
	return len(roles) == 0 || slices.Contains(roles, spec.RoleTraining) || slices.Contains(roles, spec.RoleStorage)
}

// targets are the peers to be asked for segments, best first.
func (d *daemon) targets(all []view) []view {
	eligible := slices.DeleteFunc(slices.Clone(all), func(v view) bool { return v.Ephemeral || !v.known })
	if d.strategy == broadcast {
		return slices.DeleteFunc(eligible, func(v view) bool {
			space, known := v.Capacity.Disk.Get()
			return known && int64(space.Free) < d.config.BroadcastFree
		})
	}
	slices.SortStableFunc(eligible, func(a, b view) int { return cmp.Compare(score(b), score(a)) })
	return eligible[:min(len(eligible), neighbours)]
}

// score prefers storage, and the emptier disk.
func score(v view) float64 {
	points := 0.0
	if slices.Contains(v.Roles, spec.RoleStorage) {
		points += 10
	}
	if space, known := v.Capacity.Disk.Get(); known && space.Total > 0 {
		points += 5 * float64(space.Free) / float64(space.Total)
	}
	return points
}
