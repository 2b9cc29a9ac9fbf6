package peers

import (
	"context"
	"slices"

	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
)

// LabelEphemeral is the word in NODE_LABELS of a node that may vanish without notice: what only such nodes hold is
// not safe.
const LabelEphemeral = "ephemeral"

// Peer is another node whose files can be asked for.
type Peer struct {
	transfer.Source
	Roles     []spec.Role // empty: all
	Ephemeral bool
	Capacity  nodes.Capacity
}

// List returns the other nodes that made a report a moment ago and have a data server, by node.
func List(ctx context.Context, board nodes.Board, self string) ([]Peer, error) {
	entries, err := board.List(ctx)
	if err != nil {
		return nil, err
	}
	var found []Peer
	for _, entry := range entries {
		address := entry.Addresses[nodes.AddressData]
		if entry.NodeID == self || !entry.IsFresh() || address == "" {
			continue
		}
		found = append(found, Peer{
			Source: SourceOf(entry.NodeID, address), Roles: entry.Roles,
			Ephemeral: slices.Contains(entry.Labels, LabelEphemeral), Capacity: entry.Capacity,
		})
	}
	return found, nil
}

// SourceOf is a node whose data server answers at host:port.
func SourceOf(node, address string) transfer.Source {
	return transfer.Source{Node: node, URL: "http://" + address}
}
