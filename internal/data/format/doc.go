// Package format judges files by what is in them: valid, corrupt, or unknown. It knows nothing of where they lie.
//
//	verdict.go  Verdict, and Judge, which picks the rules by the file's name
//	sqlite.go   databases with games: header, SQLite's own check, the tables
//	open.go     opening a database without leaving a trace beside it
//	npz.go      datasets: a zip of arrays whose headers, sizes and numbers of rows must agree
//	npy.go      the header of one array
//
// Corrupt is what was proved by reading. A lock, a timeout, a missing permission prove nothing: unknown.
// Nothing here runs what a file says: arrays of objects are pickles and are never unpickled.
package format
