// Package p2pbackend is P2P_BACKEND: it makes its node a member of the cluster. It meets the members of the other
// nodes by gossip, tells when one of them comes or goes, and puts its node's report on the board.
//
//	declare.go     the registry's row, the settings and their faults
//	p2pbackend.go  the two loops: report and join every five seconds, tell of changes every half second
//	mesh.go        the gossip: open, join, leave
//	roster.go      the members that gossip knows, summed up by node
//	observe.go     what the roster means, and who may say so
//	health.go      readiness and health
//
// A member is one instance of a node: its name is node/epoch, so a node that was killed and is back at once is not
// mistaken for an impostor of itself. Every member observes every node; what they find is agreed on by
// compare-and-set on the bus (nodes.Presence), so that a change gives one event, whoever sees it first and however
// often observers restart.
//
// A member that sees less than half of the nodes with fresh reports says nothing of the others: it has lost its
// sight, not they their lives.
//
// There is no leader, and there are no locks by name: what must run once is a Temporal workflow, whose id is the lock.
package p2pbackend
