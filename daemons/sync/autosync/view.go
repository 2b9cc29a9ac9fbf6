package autosync

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/peers"
	"github.com/ringrift/orchestrator/internal/data/transfer"
)

const (
	// lookLimit bounds the reading of one inventory, lookParallel how many are read at once.
	lookLimit    = 20 * time.Second
	lookParallel = 8
	// A peer that fails breakerFails times in a row is left alone for breakerPause.
	breakerFails = 3
	breakerPause = time.Minute
)

// view is a peer and what it holds. If it could not be read, known is false and nothing follows.
type view struct {
	peers.Peer
	known bool
	whole bool // its inventory lacks nothing that is still to be hashed, or came meanwhile
	items []data.Item
	sums  map[data.Sum]bool
}

// breaker counts the failures of a peer at one address. At another one it is another server.
type breaker struct {
	url   string
	fails int
	until time.Time
}

// look reads the inventories of all peers. The error says that the board cannot be read: nobody is known then.
func (r *round) look(ctx context.Context) error {
	found, err := peers.List(ctx, r.board, r.rt.Node)
	if err != nil {
		return err
	}
	present := map[string]bool{}
	views := make([]view, len(found))
	group, looking := errgroup.WithContext(ctx)
	group.SetLimit(lookParallel)
	var mu sync.Mutex // what judge counts, while others are still being asked
	for i, peer := range found {
		present[peer.Node] = true
		views[i] = view{Peer: peer}
		mu.Lock()
		broken := r.breakers[peer.Node]
		skip := broken != nil && broken.url == peer.URL && r.rt.Now().Before(broken.until)
		mu.Unlock()
		if skip {
			continue
		}
		group.Go(func() error {
			limited, cancel := context.WithTimeout(looking, lookLimit)
			defer cancel()
			inventory, _, err := r.inventories.Read(limited, peer.Source)
			mu.Lock()
			defer mu.Unlock()
			r.judge(ctx, peer.Source, err)
			if err == nil {
				views[i].see(inventory)
			}
			return nil
		})
	}
	_ = group.Wait() // each peer's failure is its own
	r.inventories.Forget(present)
	r.views = views
	r.work.peers = len(views)
	return ctx.Err()
}

func (v *view) see(inventory data.Inventory) {
	v.known, v.items, v.sums = true, inventory.Items, make(map[data.Sum]bool, len(inventory.Items))
	v.whole = inventory.Pending == 0 && !inventory.Truncated
	for _, item := range inventory.Items {
		if !item.Live {
			v.sums[item.SHA256] = true
		}
	}
}

// judge counts a success or a failure of a peer.
func (r *round) judge(ctx context.Context, peer transfer.Source, err error) {
	if err == nil {
		delete(r.breakers, peer.Node)
		return
	}
	if ctx.Err() != nil {
		return
	}
	r.work.finding("node %s cannot be asked: %v", peer.Node, err)
	broken := r.breakers[peer.Node]
	if broken == nil || broken.url != peer.URL {
		broken = &breaker{url: peer.URL}
		r.breakers[peer.Node] = broken
	}
	if broken.fails++; broken.fails >= breakerFails {
		broken.until = r.rt.Now().Add(breakerPause)
	}
}

// sources are the peers that hold a file, first those that were named.
func (r *round) sources(sum data.Sum, named []string) []transfer.Source {
	var first, rest []transfer.Source
	for _, v := range r.views {
		switch {
		case !v.sums[sum]:
		case slices.Contains(named, v.Node):
			first = append(first, v.Source)
		default:
			rest = append(rest, v.Source)
		}
	}
	return slices.Concat(first, rest)
}
