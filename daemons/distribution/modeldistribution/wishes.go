package modeldistribution

import (
	"context"
	"errors"
	"slices"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// Priorities of deliveries: models go before datasets.
const (
	canonicalPriority = 300
	modelPriority     = 200
	datasetPriority   = 100
)

// want is a file and the nodes that should have it.
type want struct {
	ledger.Item
	modelID  string
	priority int64
	nodes    []string
}

// decide finds what is wanted where, and records what is new in the ledger.
func (r *round) decide(ctx context.Context) error {
	if err := r.wantModels(ctx); err != nil {
		return err
	}
	if err := r.wantDatasets(ctx); err != nil {
		return err
	}
	for _, w := range r.sorted() {
		if err := r.record(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// sorted are the wishes, most important first.
func (r *round) sorted() []*want {
	var all []*want
	for _, w := range r.wanted {
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b *want) int {
		if a.priority != b.priority {
			return int(b.priority - a.priority)
		}
		if a.SHA256 < b.SHA256 {
			return -1
		}
		return 1
	})
	return all
}

// wantModels: what pointers point to belongs on every node, but for candidates (candidates.go).
func (r *round) wantModels(ctx context.Context) error {
	pointers, err := r.Ledger().Pointers(ctx, "")
	if err != nil {
		return err
	}
	for _, pointer := range pointers {
		if pointer.Name == ledger.Candidate {
			continue
		}
		model, err := r.Ledger().Model(ctx, pointer.ModelID)
		if err != nil {
			return err
		}
		priority := int64(modelPriority)
		if pointer.Name == ledger.Canonical {
			priority = canonicalPriority
		}
		if err := r.add(ctx, model.SHA256, model.ID, priority, nil); err != nil {
			return err
		}
	}
	return nil
}

// wantDatasets: the newest datasets of each config belong where it is trained.
func (r *round) wantDatasets(ctx context.Context) error {
	taken := map[string]int{}
	list, err := r.Ledger().Items(ctx, ledger.ItemFilter{Role: string(data.RoleDataset)}, ledger.Page{Limit: 1000})
	if err != nil {
		return err
	}
	for _, item := range list.Items { // newest first
		if item.ConfigKey == "" || taken[item.ConfigKey] >= r.config.Datasets {
			continue
		}
		taken[item.ConfigKey]++
		if err := r.add(ctx, item.SHA256, "", datasetPriority, trains); err != nil {
			return err
		}
	}
	return nil
}

// add puts a file on the list of wishes. One that no node has listed yet is not in the catalog, and waits.
func (r *round) add(ctx context.Context, sum, modelID string, priority int64, belongs func(ledger.Node) bool) error {
	if known := r.wanted[sum]; known != nil {
		known.priority = max(known.priority, priority)
		return nil
	}
	item, err := r.Ledger().Item(ctx, sum)
	if errors.Is(err, ledger.ErrNotFound) {
		r.work.finding("no node has listed model %s yet", modelID)
		return nil
	}
	if err != nil {
		return err
	}
	w := &want{Item: item, modelID: modelID, priority: priority}
	for id, node := range r.members {
		if belongs == nil || belongs(node) {
			w.nodes = append(w.nodes, id)
		}
	}
	slices.Sort(w.nodes)
	r.wanted[sum] = w
	return nil
}

// record makes deliveries for the nodes that lack a file, and begins anew those that came to an end without it.
func (r *round) record(ctx context.Context, w *want) error {
	lacking := slices.DeleteFunc(slices.Clone(w.nodes), func(node string) bool { return !r.read[node] || r.has(node, w.SHA256) })
	if len(lacking) == 0 {
		return nil
	}
	if _, err := r.Want(ctx, w.SHA256, w.priority, lacking...); err != nil {
		return err
	}
	deliveries, err := r.deliveries(ctx, w.SHA256)
	if err != nil {
		return err
	}
	for _, node := range lacking {
		if !r.isDueAgain(deliveries[node]) {
			continue
		}
		if err := r.RetryDelivery(ctx, w.SHA256, node); err != nil {
			return err
		}
	}
	return nil
}

// isDueAgain says that a node that lacks a file has had it, or could not be given it a while ago, or that the copy of
// this daemon that has begun to deliver it is no more.
func (r *round) isDueAgain(d ledger.Delivery) bool {
	switch d.State {
	case ledger.DeliveryVerified:
		return true
	case ledger.DeliveryFailed:
		return r.now.Sub(d.UpdatedAt) > r.config.RetryFailed
	case ledger.DeliveryTransferring:
		return r.underWay[delivery{d.SHA256, d.Node}] == nil
	}
	return false
}

func (r *round) deliveries(ctx context.Context, sum string) (map[string]ledger.Delivery, error) {
	all := map[string]ledger.Delivery{}
	page := ledger.Page{Limit: 1000}
	for {
		list, err := r.Ledger().Deliveries(ctx, sum, page)
		if err != nil {
			return nil, err
		}
		for _, d := range list.Items {
			all[d.Node] = d
		}
		if list.Next == "" {
			return all, nil
		}
		page.After = list.Next
	}
}

// has says whether a node listed a file when it was last read.
func (d *daemon) has(node, sum string) bool {
	_, found := d.place(node, sum)
	return found
}

func (d *daemon) place(node, sum string) (data.Place, bool) {
	parsed, err := data.ParseSum(sum)
	place, found := d.views[node][parsed]
	return place, found && err == nil
}
