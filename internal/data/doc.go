// Package data owns a node's data files: where they lie under DATA_DIR, what they are called, who they are
// (the SHA-256 of their bytes), how they arrive, and what happens to those that turn out to be corrupt.
//
//	layout.go      Role and Layout: the one table of folders below DATA_DIR
//	name.go        names of files, and the config they tell
//	sum.go         Sum: a SHA-256
//	content.go     Content: what a file's bytes are, with marks that let a part of it be verified
//	item.go        Item: one file as others know it
//	dir.go         Dir: an opened DATA_DIR; Open, Close, OpenItem
//	inventory.go   Scan: which items this node holds, incrementally; scan.go looks, pages.go reads the last one
//	identity_*.go  what tells that a file is still the one that was hashed
//	changed.go     items that somebody has changed in their place
//	index.go       the hashes of known files, kept over restarts
//	arrival*.go    Arrival: the only way a file gets to its place; add.go for files that are here already
//	leftovers.go   what dead processes left of arrivals
//	space.go       disk space promised to arrivals
//	verify.go      re-reading files that are here
//	quarantine*.go corrupt files, kept aside with the reason
//
// Package format below it judges files (valid, corrupt or unknown), package games works inside games
// databases (snapshots, digests, segments, merges), and package transfer moves items between nodes.
//
// The rules that hold:
//
//   - A visible file is complete and verified: it is written under a name that no reader looks at, synced,
//     judged, renamed, and its folder synced. Nothing else ever appears at its final path.
//   - What arrives replaces nothing but a file that is not what its name says: another one may be the last of its kind, and
//     keeps its name; what arrives gets one of its own.
//   - An item never changes. Live databases (RoleStore) do; they are listed, but only their snapshots and
//     segments are items that travel. A file that had the bytes its name says and has them no more is no item, under
//     neither hash: the scan finds it, and it is put aside.
//   - A name is a few plain parts; anything that could leave its folder is not a name. Each folder is opened
//     once as an os.Root, so a symbolic link inside cannot lead out of it either.
//   - Unknown is not corrupt: only what was proved corrupt goes into quarantine.
package data
