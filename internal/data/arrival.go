package data

import (
	"errors"
	"fmt"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// arrivingPrefix begins the names of files that are not complete. No reader looks at them.
const arrivingPrefix = ".arriving-"

// Arrival is an item on its way to its place. Bytes are appended in order to a file beside the final one
// that is named by the declared hash, so that a later Arrival of the same item, in this process or after
// a kill, goes on with it. What that file has is never believed: Resume hashes it again.
// An Arrival is used by one goroutine.
type Arrival struct {
	dir     *Dir
	want    Item
	folder  *folder
	partial string // name of the file below the folder
	moved   bool   // it is not under that name any more
	file    *os.File
	hasher  *hasher
	promise *promise
	synced  int64 // bytes that the system was asked to begin writing to the disk
}

// Receive begins the arrival of an item whose place, hash and size are declared. ErrBusy: somebody else
// receives it. ErrNoSpace: the disk has not enough free bytes that were not promised to others.
func (d *Dir) Receive(want Item) (*Arrival, error) {
	if err := want.check(); err != nil {
		return nil, err
	}
	folder, err := d.folder(want.Place)
	if err != nil {
		return nil, err
	}
	a := &Arrival{dir: d, want: want, folder: folder, hasher: newHasher()}
	a.partial = path.Join(parentOf(want.Name), arrivingPrefix+want.SHA256.String())
	if err := a.open(); err != nil {
		return nil, fmt.Errorf("receive %s: %w", want.Place, asNoSpace(err))
	}
	return a, nil
}

func (a *Arrival) open() error {
	if err := makeFolder(a.folder.Root, parentOf(a.want.Name)); err != nil {
		return err
	}
	file, err := lockPartial(a.folder.Root, a.partial)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	a.promise, err = a.dir.space.promise(a.folder.Root, max(a.want.Bytes-info.Size(), 0), a.dir.config.MinimumFree)
	if err != nil {
		return errors.Join(err, a.removeIfEmpty(info.Size()), file.Close())
	}
	a.file = file
	return nil
}

func (a *Arrival) removeIfEmpty(size int64) error {
	if size > 0 {
		return nil
	}
	return a.folder.Remove(a.partial)
}

// lockPartial opens a partial file for this Arrival alone.
func lockPartial(folder *os.Root, name string) (*os.File, error) {
	for {
		file, err := folder.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, err
		}
		if err := lock(file); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		opened, err := file.Stat()
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		// Between opening and locking another one may have moved the file to its place or removed it.
		if named, err := folder.Lstat(name); err == nil && os.SameFile(opened, named) {
			return file, nil
		}
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
}

// lock takes the file's lock, which ends with the process or with closing. ErrBusy: another one has it.
func lock(file *os.File) error {
	err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrBusy
	}
	return err
}

// Bytes is the length of what arrived so far.
func (a *Arrival) Bytes() int64 { return a.hasher.bytes }

// Append adds the next chunk if its end fits the mark; ErrMismatch says that it does not, and that nothing
// changed. A chunk ends on a multiple of ChunkBytes or with the file.
func (a *Arrival) Append(chunk []byte, mark Sum) error {
	next, err := a.verify(chunk, mark)
	if err != nil {
		return err
	}
	if err := a.write(chunk); err != nil {
		return err
	}
	a.hasher = next
	return nil
}

func (a *Arrival) verify(chunk []byte, mark Sum) (*hasher, error) {
	next, err := a.hasher.fork()
	if err != nil {
		return nil, err
	}
	if _, err := next.Write(chunk); err != nil {
		return nil, err
	}
	if next.sum() != mark {
		return nil, fmt.Errorf("bytes %d to %d of %s: %w", a.Bytes(), next.bytes, a.want.Place, ErrMismatch)
	}
	return next, nil
}

// Write adds bytes that are verified at the end only. It is for local sources.
func (a *Arrival) Write(p []byte) (int, error) {
	if a.Bytes()+int64(len(p)) > a.want.Bytes {
		return 0, fmt.Errorf("%s has more than its %d bytes: %w", a.want.Place, a.want.Bytes, ErrMismatch)
	}
	if err := a.write(p); err != nil {
		return 0, err
	}
	return a.hasher.Write(p)
}

func (a *Arrival) write(p []byte) error {
	for begin := 0; begin < len(p); begin += writeBytes {
		// A failed write may have moved the position, so it is given each time.
		if _, err := a.file.WriteAt(p[begin:min(begin+writeBytes, len(p))], a.Bytes()+int64(begin)); err != nil {
			return fmt.Errorf("write %s: %w", a.want.Place, asNoSpace(err))
		}
	}
	a.promise.used(int64(len(p)))
	if end := a.Bytes() + int64(len(p)); end-a.synced >= writebackBytes {
		startWriteback(a.file, a.synced, end-a.synced)
		a.synced = end
	}
	return nil
}

// writeBytes is how much is written at once. For larger pieces the system looks for larger runs of free
// memory, which was measured to take longer than the calls that are saved, twice as long in a virtual machine.
const writeBytes = 32 << 10

// writebackBytes is how much is written before the disk is asked to begin, so that the sync at the end
// finds little left to do.
const writebackBytes = 16 << 20

// Close ends the arrival and keeps what came, for a later one; nothing leaves nothing. Closing twice is fine.
func (a *Arrival) Close() error {
	if a.file == nil {
		return nil
	}
	a.promise.end()
	err := errors.Join(a.removeIfNothingCame(), a.file.Close())
	a.file = nil
	if err != nil {
		return fmt.Errorf("close %s: %w", a.want.Place, err)
	}
	return nil
}

// removeIfNothingCame is called under the file's lock.
func (a *Arrival) removeIfNothingCame() error {
	info, err := a.file.Stat()
	if err != nil || a.moved {
		return err
	}
	return a.removeIfEmpty(info.Size())
}

// Discard ends the arrival and deletes what came.
func (a *Arrival) Discard() error {
	if a.file == nil {
		return nil
	}
	err := a.folder.Remove(a.partial)
	a.moved = true // nothing is left under the name
	return errors.Join(err, a.Close())
}

// parentOf is the folder that a name lies in, "." for the topmost.
func parentOf(name string) string { return path.Dir(name) }
