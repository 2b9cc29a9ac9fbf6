package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// space keeps what was promised to arrivals, by disk, so that many at once do not count on the same bytes.
// A promise is kept in memory only: it ends with its process.
type space struct {
	mu       sync.Mutex
	promised map[uint64]int64
}

// promise is disk space that an arrival may still fill.
type promise struct {
	space  *space
	device uint64
	mu     sync.Mutex
	left   int64
}

// promise sets disk space aside, if a tenth more than it is free beside the other promises.
func (s *space) promise(folder *os.Root, bytes, minimumFree int64) (*promise, error) {
	info, err := folder.Stat(".")
	if err != nil {
		return nil, fmt.Errorf("look at folder: %w", err)
	}
	file, err := identify(info)
	if err != nil {
		return nil, err
	}
	free, err := freeBytes(folder.Name())
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	available := free - s.promised[file.device] - minimumFree
	if needed := bytes + bytes/10; needed > available {
		return nil, fmt.Errorf("%d bytes are needed and %d are available: %w", needed, max(available, 0), ErrNoSpace)
	}
	if s.promised == nil {
		s.promised = map[uint64]int64{}
	}
	s.promised[file.device] += bytes
	return &promise{space: s, device: file.device, left: bytes}, nil
}

// used says that bytes of the promise were written: the disk counts them now.
func (p *promise) used(bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	bytes = min(bytes, p.left)
	p.left -= bytes
	p.space.mu.Lock()
	defer p.space.mu.Unlock()
	p.space.promised[p.device] -= bytes
}

// end gives back what was not used. Ending twice is fine.
func (p *promise) end() {
	p.mu.Lock()
	left := p.left
	p.mu.Unlock()
	p.used(left)
}

// freeBytes is what an unprivileged process can still write to the disk of a folder.
func freeBytes(path string) (int64, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(path, &stat); err != nil {
		return 0, fmt.Errorf("ask for free space of %s: %w", path, err)
	}
	return int64(stat.Bavail) * int64(stat.Bsize), nil
}

// asNoSpace adds ErrNoSpace to the errors with which systems say that a disk or a quota is full.
func asNoSpace(err error) error {
	for _, cause := range []error{unix.ENOSPC, unix.EDQUOT, unix.EFBIG} {
		if errors.Is(err, cause) && !errors.Is(err, ErrNoSpace) {
			return fmt.Errorf("%w: %w", ErrNoSpace, err)
		}
	}
	return err
}

// syncFolder makes names in a folder durable.
func syncFolder(folder *os.Root, name string) error {
	opened, err := folder.Open(name)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return errors.Join(opened.Sync(), opened.Close())
}

// makeFolder creates a folder and those above it, and makes their names durable.
func makeFolder(folder *os.Root, name string) error {
	if name == "." {
		return nil
	}
	if _, err := folder.Lstat(name); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := parentOf(name)
	if err := makeFolder(folder, parent); err != nil {
		return err
	}
	if err := folder.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create folder: %w", err)
	}
	return syncFolder(folder, parent)
}
