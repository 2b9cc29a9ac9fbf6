package store

import (
	"errors"
	"fmt"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrCorrupt says that a file is not a whole games file.
var ErrCorrupt = errors.New("corrupt games file")

// explain adds to an error of SQLite what it means here: ErrCorrupt, or the system's error.
func explain(act, path string, err error) error {
	var reported *sqlite.Error
	if !errors.As(err, &reported) {
		return fmt.Errorf("%s %s: %w", act, path, err)
	}
	var cause error
	switch reported.Code() & 0xff { // the low byte is the kind, the rest its details
	case sqlite3.SQLITE_FULL:
		cause = syscall.ENOSPC
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		cause = syscall.EBUSY
	case sqlite3.SQLITE_READONLY:
		cause = syscall.EROFS
	case sqlite3.SQLITE_NOMEM:
		cause = syscall.ENOMEM
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH:
		cause = ErrCorrupt // SQLITE_ERROR: a table or column is not there
	default:
		return fmt.Errorf("%s %s: %w", act, path, err)
	}
	return fmt.Errorf("%s %s: %w (%w)", act, path, cause, err)
}
