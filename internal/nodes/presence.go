package nodes

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
)

// presenceTopic is where the bus keeps what was agreed on; never change it.
const presenceTopic = "presence"

// Presence is whether the members of the other nodes find a node's member. All observers agree on one.
type Presence struct {
	Online bool `json:"online"`
	// Left says that the node has gone on purpose.
	Left     bool  `json:"left,omitempty"`
	Instance int64 `json:"instance"` // of the member that this is about
	// Change counts the changes between online and offline.
	Change int64     `json:"change"`
	At     time.Time `json:"at"` // of the change
}

// Observe tells what a member finds. It returns what is agreed on now, which may be something else: a newer
// instance of the node may have been seen by others.
func (b Board) Observe(ctx context.Context, node string, seen Presence) (agreed Presence, err error) {
	err = b.session.Agree(ctx, presenceTopic, node, func(stored []byte) ([]byte, error) {
		agreed = Presence{}
		if stored != nil {
			if err := json.Unmarshal(stored, &agreed); err != nil {
				return nil, fmt.Errorf("read presence of node %s: %w", node, err)
			}
		}
		next := agreed.after(seen)
		if next == agreed {
			return nil, nil
		}
		agreed = next
		return json.Marshal(next)
	})
	return agreed, err
}

// after is what an observation makes of what was agreed on.
func (p Presence) after(seen Presence) Presence {
	if seen.Instance < p.Instance {
		return p // of a member that others know to be replaced
	}
	seen.Change, seen.At = p.Change, seen.At.UTC()
	if p.Change == 0 || seen.Online != p.Online {
		seen.Change++
		return seen
	}
	seen.At = p.At
	if !seen.Online {
		return p // gone is gone: the first observer's word stands
	}
	return seen // at most a newer instance
}

// Presences returns what is agreed on, by node.
func (b Board) Presences(ctx context.Context) (map[string]Presence, error) {
	values, err := b.session.Client().Agreed(ctx, presenceTopic)
	if err != nil {
		return nil, err
	}
	presences := make(map[string]Presence, len(values))
	for node, value := range values {
		var presence Presence
		if err := json.Unmarshal(value, &presence); err != nil {
			return nil, fmt.Errorf("read presence of node %s: %w", node, err)
		}
		presences[node] = presence
	}
	return presences, nil
}

// Announce publishes the event of an agreed presence. Every observer may: it is one event.
func (b Board) Announce(ctx context.Context, node string, presence Presence) error {
	content := bus.NodePresence{NodeID: node, Instance: presence.Instance, Change: presence.Change, At: presence.At}
	var payload bus.Payload = bus.HostOnline{NodePresence: content}
	if !presence.Online {
		content.Reason = "it does not answer its peers"
		if presence.Left {
			content.Reason = "it has left"
		}
		payload = bus.HostOffline{NodePresence: content}
	}
	return b.session.Publish(ctx, payload)
}
