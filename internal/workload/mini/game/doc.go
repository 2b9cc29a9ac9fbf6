// Package game holds the rules of k-in-a-row for two to four players on any set of cells: whoever first owns all
// cells of a line of k wins, and a full board without such a line is a draw.
//
//	boards.go    the boards that mini knows: their cells and the directions of lines
//	rules.go     Rules: cells and the windows of k cells, precomputed once
//	position.go  Position: stones, whose turn it is, the codes of all windows; play and take back
//
// The content of a window is one small number, its code: the sum over seats of stones × (k+1)^seat. A position keeps
// the codes up to date, so that an evaluation is one table look-up per window.
//
// Seats are numbered from 0 and move in turn. The package draws no random numbers.
package game
