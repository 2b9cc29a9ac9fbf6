package data

import (
	"os"

	"golang.org/x/sys/unix"
)

// startWriteback asks the system to begin writing bytes to the disk. It is a hint: its failure changes nothing.
func startWriteback(file *os.File, offset, bytes int64) {
	_ = unix.SyncFileRange(int(file.Fd()), offset, bytes, unix.SYNC_FILE_RANGE_WRITE)
}
