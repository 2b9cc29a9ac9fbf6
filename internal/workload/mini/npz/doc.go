// Package npz writes and reads NumPy's .npz files: a zip of .npy arrays, without pickles. Rows stream through, so a
// file of any length needs little memory.
//
//	array.go    Array: name, type and shape of what is stored
//	header.go   the header of a .npy file, written and strictly read
//	writer.go   Writer: rows in, one .npz out
//	reader.go   Reader: rows out of a .npz
//
// Every array is either a column, whose first dimension is the row, or a scalar, which belongs to the whole file.
// Equal contents give equal files.
package npz
