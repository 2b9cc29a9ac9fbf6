package nodes

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// The purposes of a node's addresses.
const (
	AddressData    = "data"    // its data server
	AddressMembers = "members" // where its member listens for gossip
)

// Report is what a node says of itself.
type Report struct {
	NodeID    string            `json:"node_id"`
	Roles     []spec.Role       `json:"roles"`  // empty: all
	Labels    []string          `json:"labels"` // its own words, which a job may demand
	Addresses map[string]string `json:"addresses"`
	Capacity  Capacity          `json:"capacity"`
	Version   string            `json:"version"` // of its build
	// Instance is of its member: the epoch of its P2P_BACKEND, which grows with every start.
	Instance  int64     `json:"instance"`
	StartedAt time.Time `json:"instance_started_at"`
	Peers     Peers     `json:"peers"`
}

// Peers is how a node finds the members of the other nodes.
type Peers struct {
	Alive    int  `json:"alive"` // itself counts
	Gone     int  `json:"gone"`  // seen before, and neither alive nor gone on purpose
	Isolated bool `json:"isolated,omitempty"`
}

// Entry is a report on the board.
type Entry struct {
	Report
	Age   time.Duration // by the clock of the bus
	Fault string        // why the report cannot be read: all but NodeID and Age is unknown then
}

func (r Report) encode() ([]byte, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode report of node %s: %w", r.NodeID, err)
	}
	return data, nil
}
