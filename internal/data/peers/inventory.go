package peers

import (
	"context"
	"fmt"
	"sync"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/transfer"
)

// rereads bounds how often an inventory is read again because it changed under the reader's eyes.
const rereads = 3

// Inventories keep the last inventory of each node. They may be used by many goroutines.
type Inventories struct {
	client *transfer.Client
	mu     sync.Mutex
	last   map[string]data.Inventory // by node
}

// NewInventories asks with a client.
func NewInventories(client *transfer.Client) *Inventories {
	return &Inventories{client: client, last: map[string]data.Inventory{}}
}

// Read returns what a node holds now, and whether that is another state than Read returned last. Items that came
// while it was read may be missing; then it is marked as truncated.
func (i *Inventories) Read(ctx context.Context, source transfer.Source) (inventory data.Inventory, changed bool, err error) {
	i.mu.Lock()
	known, seen := i.last[source.Node]
	i.mu.Unlock()
	for range rereads {
		page, err := i.client.Page(ctx, source, "", data.MaxPage)
		if err != nil {
			return data.Inventory{}, false, err
		}
		if page.Node != source.Node {
			return data.Inventory{}, false, fmt.Errorf("source %s: %s answers as node %q: its report is out of date", source.Node, source.URL, page.Node)
		}
		if seen && page.Version == known.Version && !known.Truncated {
			known.Taken, known.Pending, known.Ignored = page.Taken, page.Pending, page.Ignored
			return known, false, nil
		}
		whole, err := i.rest(ctx, source, page)
		if err != nil {
			return data.Inventory{}, false, err
		}
		if inventory = page.Inventory; whole != nil {
			inventory.Items = whole
			i.keep(source.Node, inventory)
			return inventory, true, nil
		}
	}
	inventory.Truncated = true // a node that changes all the time still has what it listed
	return inventory, true, nil
}

// rest reads the pages behind the first one; nil if they are of another state.
func (i *Inventories) rest(ctx context.Context, source transfer.Source, page data.Page) ([]data.Item, error) {
	items, version := page.Items, page.Version
	for page.Next != "" {
		var err error
		if page, err = i.client.Page(ctx, source, page.Next, data.MaxPage); err != nil {
			return nil, err
		}
		if page.Version != version {
			return nil, nil
		}
		items = append(items, page.Items...)
	}
	if items == nil {
		items = []data.Item{}
	}
	return items, nil
}

func (i *Inventories) keep(node string, inventory data.Inventory) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last[node] = inventory
}

// Forget drops the inventories of all nodes but these.
func (i *Inventories) Forget(present map[string]bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for node := range i.last {
		if !present[node] {
			delete(i.last, node)
		}
	}
}
