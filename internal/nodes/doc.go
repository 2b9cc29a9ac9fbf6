// Package nodes is what a node says of itself, and what the others know of it.
//
//	measure.go   Measured: a value with its time, or why it is unknown
//	capacity.go  Capacity: what a node has; memory.go, gpu.go: where that takes more than one call
//	processors.go, idleness.go  how busy it was, and for how long nothing has worked on it
//	report.go    Report: a node's last word
//	addresses.go Addresses: what this node's servers tell for its report
//	board.go     Board: the last reports of all nodes, on the event bus
//	presence.go  Presence: whether the nodes' members find each other, agreed on by all observers
//
// One worker process is one node. Its P2P_BACKEND measures, reports every five seconds, and meets the members of
// the other nodes by gossip. CLUSTER_MONITOR alone turns reports and presence into the ledger's node records, which
// JOB_SCHEDULER places jobs by. What it finds there:
//
//   - Desired belongs to operators: only active nodes get new jobs, the jobs of draining ones are moved away, and
//     removed ones are no members. Nothing else ever changes it.
//   - Health: give jobs to healthy and suspect nodes (one or two missed reports are not yet an outage) and to none
//     that are unhealthy, evicted, offline or unknown. An evicted or offline node has lost the jobs it had.
//   - LastSeen is the database's time of a look that found a fresh report; for a live node it is never older than
//     15 s, and a node whose LastSeen is older gets nothing, whatever its health says.
//   - Capacity is the JSON of Capacity. A value that is absent is unknown: it is neither none nor zero, and a job
//     that needs it goes elsewhere.
//   - Roles are the node's roles, with empty meaning all of them; Labels are its own words, which a job may demand.
//   - Addresses are host:port by purpose: AddressData and AddressMembers.
//
// Unknown is a value of its own everywhere: a measurement that fails says why, a board that cannot be read is an
// error, and a view that is old says so.
package nodes
