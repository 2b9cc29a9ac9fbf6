package p2pbackend

import (
	"sync"
	"time"

	"github.com/hashicorp/memberlist"

	"github.com/ringrift/orchestrator/internal/nodes"
)

// goneKept is how long a member that is gone is remembered, for health and for slow observers.
const goneKept = time.Hour

// roster is every member that gossip has told of. It is called from inside the gossip and never blocks it.
type roster struct {
	now func() time.Time

	mu      sync.Mutex
	members map[string]member // by name
}

type member struct {
	node     string
	instance int64
	address  string
	alive    bool
	left     bool // on purpose
	since    time.Time
}

var _ memberlist.EventDelegate = (*roster)(nil)

func newRoster(now func() time.Time) *roster {
	return &roster{now: now, members: map[string]member{}}
}

// NotifyJoin implements memberlist.EventDelegate.
func (r *roster) NotifyJoin(n *memberlist.Node) { r.note(n, true) }

// NotifyLeave implements memberlist.EventDelegate.
func (r *roster) NotifyLeave(n *memberlist.Node) { r.note(n, false) }

// NotifyUpdate implements memberlist.EventDelegate.
func (r *roster) NotifyUpdate(n *memberlist.Node) { r.note(n, true) }

func (r *roster) note(n *memberlist.Node, alive bool) {
	node, instance, ok := parseMember(n.Name)
	if !ok {
		return // no member of ours: it has the key, but nothing to say here
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	r.members[n.Name] = member{
		node: node, instance: instance, address: n.Address(),
		alive: alive, left: !alive && string(n.Meta) == leaving, since: now,
	}
	for name, m := range r.members {
		if !m.alive && now.Sub(m.since) > goneKept {
			delete(r.members, name)
		}
	}
}

// byNode sums the members up: a node is there if one of its instances is, and else as its newest one went.
func (r *roster) byNode() map[string]nodes.Presence {
	r.mu.Lock()
	defer r.mu.Unlock()
	presences := map[string]nodes.Presence{}
	for _, m := range r.members {
		known, found := presences[m.node]
		if found && known.Online && !m.alive || found && known.Online == m.alive && known.Instance >= m.instance {
			continue
		}
		presences[m.node] = nodes.Presence{Online: m.alive, Left: m.left, Instance: m.instance, At: m.since}
	}
	return presences
}

// addresses are those of the members that are alive.
func (r *roster) addresses() map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	alive := map[string]bool{}
	for _, m := range r.members {
		if m.alive {
			alive[m.address] = true
		}
	}
	return alive
}
