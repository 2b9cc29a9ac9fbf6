// Package audit tells facts of files, recomputed from the files alone. It shares no code with the packages that
// play, write and learn: it has its own idea of the boards and of what a win is, and its own readers.
//
//	board.go      the boards as geometry, a win by walking along the axes, the hash of the rules
//	games.go      Games: replays games and counts results by seat and by participant
//	replay.go     one game, replayed
//	tally.go      the counting
//	dataset.go    Dataset: shapes, sums, finiteness; npy.go reads arrays
//	model.go      Model: finiteness and origin
//
// A file that cannot be read is an error (ErrUnreadable); games that break the rules are findings, not errors.
package audit
