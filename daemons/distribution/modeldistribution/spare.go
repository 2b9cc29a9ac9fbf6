package modeldistribution

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// spare is a file that is to outlive the node which has it.
type spare struct {
	place     data.Place
	sha256    data.Sum
	configKey string
	holders   []string // that answer
	reason    string
	may       func(ledger.Node) bool // who may have the copy
}

// spread has another node fetch what only one has and what would be lost with it. Nothing of it stands in the ledger, and
// nobody is told: what such a file becomes is decided soon, and the nodes' inventories say who has it.
func (r *round) spread(ctx context.Context) error {
	r.watched = 0
	for _, find := range []func(context.Context) ([]spare, error){r.candidates, r.checkpoints} {
		all, err := find(ctx)
		if err != nil {
			return err
		}
		for _, one := range all {
			if err := r.copy(ctx, one); err != nil {
				return err
			}
		}
	}
	return nil
}

// copy asks a second node for a copy, unless there is one, or nobody who could have it.
func (r *round) copy(ctx context.Context, of spare) error {
	target, found := r.second(of)
	if !found || len(of.holders) != 1 {
		return nil
	}
	r.watched++
	item, err := r.Ledger().Item(ctx, of.sha256.String())
	if errors.Is(err, ledger.ErrNotFound) {
		return nil // it will be in the catalog in the next round
	}
	if err != nil {
		return err
	}
	return r.rt.Bus.Publish(ctx, bus.SyncRequest{
		Config: bus.ConfigOf(of.configKey), NodeID: r.rt.Node, Targets: []string{target}, Urgent: true, Reason: of.reason,
		Items: []bus.SyncItem{{Role: string(of.place.Role), Name: of.place.Name, SHA256: item.SHA256, Bytes: item.Bytes, Sources: of.holders}},
	})
}

// second is the node that is to have a copy, the same one as long as it lives. One that is about to leave is none.
func (r *round) second(of spare) (string, bool) {
	for _, node := range slices.Sorted(maps.Keys(r.members)) {
		leaves := r.members[node].Desired == ledger.NodeDraining
		if r.alive[node] && r.read[node] && !leaves && of.may(r.members[node]) && !slices.Contains(of.holders, node) {
			return node, true
		}
	}
	return "", false
}
