package modeldistribution

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/peers"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
)

const (
	readLimit = 20 * time.Second
	// newItems are added for one node in one round, each in a transaction of its own.
	newItems = 500
	maxKnown = 1_000_000
)

// catalog reads the inventory of each node that answers, and brings the ledger up to date. A node that does not
// answer is unknown: nothing that it holds is forgotten.
func (r *round) catalog(ctx context.Context) error {
	for _, node := range r.living() {
		limited, cancel := context.WithTimeout(ctx, readLimit)
		inventory, changed, err := r.inventories.Read(limited, peers.SourceOf(node, r.members[node].Addresses[nodes.AddressData]))
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.alive[node] = false
			r.work.finding("node %s cannot be asked: %v", node, err)
			continue
		}
		r.see(node, inventory)
		if !changed && r.now.Sub(r.catalogued[node]) < r.config.Refresh {
			continue
		}
		if err := r.report(ctx, node, inventory); err != nil {
			return err
		}
	}
	return nil
}

func (r *round) see(node string, inventory data.Inventory) {
	r.read[node] = true
	held := make(map[data.Sum]data.Place, len(inventory.Items))
	for _, item := range inventory.Items {
		if !item.Live {
			held[item.SHA256] = item.Place
		}
	}
	r.views[node] = held
}

// report writes what a node holds. Copies that the ledger did not know are verified: the node hashed them to list
// them. Those that it knew were seen again, which is less.
func (r *round) report(ctx context.Context, node string, inventory data.Inventory) error {
	whole, err := r.addItems(ctx, node, inventory.Items)
	if err != nil {
		return err
	}
	missing, err := r.missingOn(ctx, node)
	if err != nil {
		return err
	}
	var copies []ledger.Holder
	for _, item := range inventory.Items {
		sum := item.SHA256.String()
		if item.Live || !r.items[sum] {
			continue
		}
		state := ledger.CopyUnverified
		if missing[sum] {
			state = ledger.CopyVerified
		}
		copies = append(copies, ledger.Holder{SHA256: sum, Path: jobs.HolderPath(item.Place), State: state})
	}
	for part := range slices.Chunk(copies, ledger.MaxHoldings) {
		if err := r.ReportHoldings(ctx, node, part); err != nil {
			return err
		}
	}
	// Files that are still being hashed are not listed and yet not gone.
	if whole && !inventory.Truncated && inventory.Pending == 0 {
		if _, err := r.ForgetUnlisted(ctx, node, r.now); err != nil {
			return err
		}
	}
	if whole {
		r.catalogued[node] = r.now
	}
	return nil
}

// addItems makes a node's files known; false says that there are more of them for the next round.
func (r *round) addItems(ctx context.Context, node string, all []data.Item) (whole bool, err error) {
	if len(r.items) > maxKnown {
		clear(r.items)
	}
	added := 0
	for _, item := range all {
		sum := item.SHA256.String()
		if item.Live || r.items[sum] {
			continue
		}
		if added++; added > newItems {
			delete(r.catalogued, node)
			return false, nil
		}
		_, err := r.AddItem(ctx, ledger.Item{
			SHA256: sum, Role: jobs.ItemRole(item.Role), Name: item.Name, ConfigKey: item.ConfigKey, Bytes: item.Bytes,
		})
		if errors.Is(err, ledger.ErrConflict) {
			// The same bytes under another role: the copy counts for the item that is there.
			r.rt.Logger.Debug("the same content has another role elsewhere", "item", item.Place.String(), "node", node)
			err = nil
		}
		if err != nil {
			return false, err
		}
		r.items[sum] = true
	}
	return true, nil
}

// missingOn are the hashes that the ledger has no good copy of on a node.
func (r *round) missingOn(ctx context.Context, node string) (map[string]bool, error) {
	missing := map[string]bool{}
	page := ledger.Page{Limit: 1000}
	for {
		list, err := r.Ledger().MissingOn(ctx, node, ledger.ItemFilter{}, page)
		if err != nil {
			return nil, err
		}
		for _, item := range list.Items {
			missing[item.SHA256] = true
		}
		if list.Next == "" {
			return missing, nil
		}
		page.After = list.Next
	}
}
