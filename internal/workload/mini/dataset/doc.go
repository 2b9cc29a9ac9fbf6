// Package dataset holds training samples: what a player saw, what its search preferred, and how the game ended.
//
//	row.go      Row, and the rows of a game
//	schema.go   the arrays of a file, and which files fit together
//	writer.go   Writer: rows into a .npz
//	reader.go   Reader: rows out of a .npz, each checked
//
// Everything is seen from the seat that is to move: its stones come first, then those of the seats that follow.
package dataset
