// Package store keeps games in a games file of the contract: SQLite, one closed file.
//
//	row.go       Game and Move: the rows as they are stored, and their content hash
//	convert.go   from a played record to rows, and back with every rule checked
//	writer.go    Writer: games into a new file, which appears whole or not at all
//	reader.go    Reader: games out of a closed file, in the order of their ids
//	errors.go    ErrCorrupt, and what SQLite says in terms of the system
//
// A move is {"cell":12,"origin":"chosen"} with the cell as an index into the board's cells, its distribution a list
// of [cell, visits]. The same games written in the same order give the same bytes.
package store
