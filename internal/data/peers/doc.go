// Package peers is how a node finds the data servers of the others, and what they hold.
//
//	peers.go      Peer, and List: who reports a data server on the board
//	inventory.go  Inventories: what the peers hold, read again only when it changed
//	token.go      Token: the secret that the data servers of a cluster share
//
// A peer that does not report, or reports no address, is unknown here: nothing follows from that for its files.
package peers
