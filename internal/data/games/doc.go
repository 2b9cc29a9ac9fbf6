// Package games works inside games databases: SQLite files with the tables games and game_moves, and any
// other tables whose rows belong to a game by a column game_id.
//
//	table.go     which tables and columns there are
//	read.go      games in the order of their ids, each with all its rows, hashed
//	complete.go  which games are complete
//	digest.go    Digest: what a database says, whatever its pages look like; Examine: and which games are complete
//	snapshot.go  Snapshot: a consistent copy of a live database
//	cutter.go    Cutter: new complete games into a closed file, each once
//	cut.go       how a segment is written
//	merge.go     Merge: the games of a file into a store, idempotently
//	batch.go     one transaction of a merge; merged.go: which files a store has merged
//	withdraw.go  Withdraw: the games of a file out of a store again
//	copy.go      games from one database into another, with all their rows, by named columns
//	open.go      connections
//
// The rules that hold:
//
//   - A live database is never copied as a file, and never changed by reading it: no checkpoint, no vacuum.
//   - A game moves whole: all its rows in all tables, in one transaction, its moves before its row in games,
//     so that a trigger which refuses completed games without moves lets it pass.
//   - Columns go by name. A column or table that the store lacks is added. A column that only numbers rows
//     (INTEGER PRIMARY KEY) is numbered anew and is no part of what a game is.
//   - The schema of a foreign file is read, never executed: tables are created from the names and types of
//     their columns.
//   - The same game twice is one game. The same id with other content is a conflict: what is there stays,
//     the other is kept aside, and both are reported.
package games
