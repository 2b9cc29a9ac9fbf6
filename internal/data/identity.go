package data

import (
	"os"
	"time"
)

// identity tells whether a file is still the one that was hashed. Size and time alone do not: a file can
// be replaced by one of the same size and an older time. Any change of a file's bytes or name changes the
// last of these.
type identity struct {
	device, inode uint64
	bytes         int64
	modified      int64 // Unix nanoseconds
	changed       int64 // Unix nanoseconds, set by the kernel
}

// settleTime is how long a file must have been left alone before its hash is remembered: the kernel's
// clock advances in steps, and a write within the same step would not show.
const settleTime = 100 * time.Millisecond

// settled says that a later change of the file would show in its identity. So it would where the clock says that the file is
// of the future: it has stepped back since, or the time came with the file.
func (i identity) settled(now time.Time) bool {
	return now.Sub(time.Unix(0, i.changed)).Abs() >= settleTime && now.Sub(time.Unix(0, i.modified)).Abs() >= settleTime
}

// check says ErrChanged if an opened file is another one.
func (i identity) check(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	now, err := identify(info)
	if err != nil {
		return err
	}
	if now != i {
		return ErrChanged
	}
	return nil
}
