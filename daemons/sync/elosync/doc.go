// Package elosync is ELO_SYNC: it brings the rating matches that were recorded on this node into the ledger, and the
// ratings that were computed from all of them back to the node.
//
//	declare.go   the registry's row and the settings
//	elosync.go   Tick: one round over the databases below DATA_DIR/elo
//	database.go  reading match_history, in any of its three spellings
//	match.go     one row becomes a match
//	ratings.go   DATA_DIR/elo/ratings.json, for reading
//	health.go    what was read, added and refused
//
// Matches are rows, never files: the ledger knows a match by the hash of what was played, so the same one from two
// nodes, or the same row read twice, is one match, and rows of different nodes with equal numbers are two. Databases
// are only read. A row that makes no sense is counted, told, and stays where it is.
package elosync
