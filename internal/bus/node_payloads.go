package bus

import (
	"errors"
	"fmt"
	"time"
)

// NodePresence is the common content of the events that tell whether a node is there.
type NodePresence struct {
	NodeID string `json:"node_id"`
	// Instance is of the node's worker, as its members know it: the epoch of its P2P_BACKEND.
	Instance int64 `json:"instance"`
	// Change counts the node's changes, so that every observer of one change tells of the same fact.
	Change int64     `json:"change"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// Validate implements Payload.
func (n NodePresence) Validate() error {
	err := errors.Join(required("node_id", n.NodeID), requiredTime("at", n.At))
	if n.Change < 1 {
		err = errors.Join(err, fmt.Errorf("field %q is %d: it must be 1 or more", "change", n.Change))
	}
	return err
}

// FactKey implements Fact: every observer of one change tells of the same fact.
func (n NodePresence) FactKey() string { return fmt.Sprintf("%s %d", n.NodeID, n.Change) }

// HostOnline says that a node has joined the others, or is back.
type HostOnline struct{ NodePresence }

// EventName implements Payload.
func (HostOnline) EventName() Name { return "HOST_ONLINE" }

// HostOffline says that a node has left the others, or does not answer any of them; the reason says which.
type HostOffline struct{ NodePresence }

// EventName implements Payload.
func (HostOffline) EventName() Name { return "HOST_OFFLINE" }

// NodeVerdict is the common content of the events that tell how a node does.
type NodeVerdict struct {
	NodeID string `json:"node_id"`
	Reason string `json:"reason"`
	// Misses are how many looks in a row did not find the node well.
	Misses int `json:"consecutive_failures,omitempty"`
	// Since is when this state of the node began; it identifies the incident.
	Since time.Time `json:"since"`
}

// Validate implements Payload.
func (n NodeVerdict) Validate() error {
	return errors.Join(required("node_id", n.NodeID), required("reason", n.Reason),
		notNegative("consecutive_failures", n.Misses), requiredTime("since", n.Since))
}

// FactKey implements Fact.
func (n NodeVerdict) FactKey() string {
	return n.NodeID + " " + n.Since.UTC().Format(time.RFC3339Nano)
}

// NodeUnhealthy says that a node was not found well several times in a row.
type NodeUnhealthy struct{ NodeVerdict }

// EventName implements Payload.
func (NodeUnhealthy) EventName() Name { return "NODE_UNHEALTHY" }

// NodeRecovered says that a node of which NODE_UNHEALTHY was told is well again.
type NodeRecovered struct{ NodeVerdict }

// EventName implements Payload.
func (NodeRecovered) EventName() Name { return "NODE_RECOVERED" }

// DiskSpaceLow says that a job found the disk of its node full. None are placed there for a while.
type DiskSpaceLow struct {
	NodeID string    `json:"node_id"`
	JobID  string    `json:"job_id"`
	Token  int64     `json:"token"` // of the job's grant
	Reason string    `json:"reason"`
	At     time.Time `json:"timestamp"`
}

// EventName implements Payload.
func (DiskSpaceLow) EventName() Name { return "DISK_SPACE_LOW" }

// Validate implements Payload.
func (d DiskSpaceLow) Validate() error {
	return errors.Join(required("node_id", d.NodeID), required("job_id", d.JobID), required("reason", d.Reason), requiredTime("timestamp", d.At))
}

// FactKey implements Fact: a grant finds it out once.
func (d DiskSpaceLow) FactKey() string { return fmt.Sprintf("%s %d", d.JobID, d.Token) }

// ClusterStallDetected says that nodes have running jobs, none of which moves on.
type ClusterStallDetected struct {
	StalledNodes []string `json:"stalled_nodes"`
	// StallThreshold is how many looks in a row saw no progress.
	StallThreshold int       `json:"stall_threshold"`
	At             time.Time `json:"timestamp"`
}

// EventName implements Payload.
func (ClusterStallDetected) EventName() Name { return "CLUSTER_STALL_DETECTED" }

// Validate implements Payload.
func (c ClusterStallDetected) Validate() error {
	err := errors.Join(notNegative("stall_threshold", c.StallThreshold), requiredTime("timestamp", c.At))
	if len(c.StalledNodes) == 0 {
		err = errors.Join(err, fmt.Errorf("field %q is empty: name at least one node", "stalled_nodes"))
	}
	return err
}

// FactKey implements Fact.
func (c ClusterStallDetected) FactKey() string {
	return fmt.Sprintf("%q %s", c.StalledNodes, c.At.UTC().Format(time.RFC3339Nano))
}

// ClusterHealthDegraded says that too few of the cluster's nodes are well.
type ClusterHealthDegraded struct {
	HealthRatio float64   `json:"health_ratio"`
	ActiveNodes int       `json:"active_nodes"`
	TotalNodes  int       `json:"total_nodes"`
	At          time.Time `json:"timestamp"`
}

// EventName implements Payload.
func (ClusterHealthDegraded) EventName() Name { return "CLUSTER_HEALTH_DEGRADED" }

// Validate implements Payload.
func (c ClusterHealthDegraded) Validate() error {
	err := errors.Join(notNegative("active_nodes", c.ActiveNodes), requiredTime("timestamp", c.At))
	if c.TotalNodes < max(1, c.ActiveNodes) {
		err = errors.Join(err, fmt.Errorf("field %q is %d: it must be at least 1 and active_nodes", "total_nodes", c.TotalNodes))
	}
	return err
}

// FactKey implements Fact.
func (c ClusterHealthDegraded) FactKey() string { return c.At.UTC().Format(time.RFC3339Nano) }
