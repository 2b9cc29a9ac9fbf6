package p2pbackend

import (
	"context"
	"time"

	"github.com/ringrift/orchestrator/internal/nodes"
)

const (
	// settle is how long a node that left on purpose may be away before that is told: a restart is no departure.
	settle = 3 * time.Second
	// acquaint is how long an observer looks around before it says of nodes it never met that they are gone.
	acquaint = 30 * time.Second
)

// observer turns the roster into agreed presences and their events.
type observer struct {
	daemon *daemon
	since  time.Time
	told   map[string]nodes.Presence // what this observer has said of each node
}

// look tells of every node that is not as it was told. What could not be told is tried at the next look.
func (o *observer) look(ctx context.Context) error {
	seen := o.daemon.roster.byNode()
	board := o.daemon.snapshot()
	if o.daemon.rt.Now().Sub(o.since) > acquaint {
		board.addMissing(seen)
	}
	for node, presence := range seen {
		if told, known := o.told[node]; known && told.Online == presence.Online && told.Instance >= presence.Instance {
			continue
		}
		if !presence.Online && !o.mayTell(presence, board, countOnline(seen)) {
			continue
		}
		if err := o.tell(ctx, node, presence); err != nil {
			return err
		}
	}
	return nil
}

// mayTell says whether the absence of a node is worth telling by this observer, yet.
func (o *observer) mayTell(presence nodes.Presence, board snapshot, online int) bool {
	if presence.Left { // the node's own word
		return o.daemon.rt.Now().Sub(presence.At) >= settle
	}
	return !board.blind(online)
}

func (o *observer) tell(ctx context.Context, node string, seen nodes.Presence) error {
	board := o.daemon.board
	agreed, err := board.Observe(ctx, node, seen)
	if err != nil {
		return err
	}
	// What has long been known was told when it happened; the log could take it for news.
	if agreed.Online == seen.Online && !o.daemon.rt.Bus.Client().MayRepeat(agreed.At) {
		if err := board.Announce(ctx, node, agreed); err != nil {
			return err
		}
	}
	if told, known := o.told[node]; !known || told.Online != seen.Online {
		o.daemon.rt.Logger.Info("a node's presence", "subject", node, "online", seen.Online, "left", seen.Left)
	}
	o.told[node] = seen
	return nil
}

func countOnline(seen map[string]nodes.Presence) (online int) {
	for _, presence := range seen {
		if presence.Online {
			online++
		}
	}
	return online
}

// blind says whether a member that sees so many nodes sees too few to speak of the others.
func (s snapshot) blind(online int) bool { return 2*online < s.fresh }

// addMissing adds the nodes that were agreed to be online, that this member has never met, and that do not report
// any more: they went while nobody looked.
func (s snapshot) addMissing(seen map[string]nodes.Presence) {
	for node, presence := range s.presences {
		if _, met := seen[node]; met || !presence.Online || s.reporting[node] {
			continue
		}
		presence.Online, presence.At = false, s.at
		seen[node] = presence
	}
}
