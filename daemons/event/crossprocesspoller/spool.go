package crossprocesspoller

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
)

// maxListed bounds how many names one look reads; what is beyond is seen once these are gone.
const maxListed = 10_000

// spool is the pair of folders that writers and this daemon share.
type spool struct {
	in, rejected string
}

// spoolFile is one entry of the spool that claims to be an event.
type spoolFile struct {
	name     string
	mode     fs.FileMode
	size     int64
	modified time.Time
}

func newSpool(dataDir string) spool {
	return spool{in: filepath.Join(dataDir, "events", "in"), rejected: filepath.Join(dataDir, "events", "rejected")}
}

func (s spool) create() error {
	for _, dir := range []string{s.in, s.rejected} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("create event spool: %w", err)
		}
	}
	return nil
}

// list returns the files to take, oldest first.
func (s spool) list() ([]spoolFile, error) {
	folder, err := os.Open(s.in)
	if errors.Is(err, os.ErrNotExist) { // somebody cleaned up
		return nil, s.create()
	}
	if err != nil {
		return nil, fmt.Errorf("read event spool: %w", err)
	}
	entries, err := folder.ReadDir(maxListed)
	if err := errors.Join(ignore(err, io.EOF), folder.Close()); err != nil {
		return nil, fmt.Errorf("read event spool %s: %w", s.in, err)
	}
	var files []spoolFile
	for _, entry := range entries {
		if !isEvent(entry.Name()) {
			continue
		}
		info, err := entry.Info()
		if errors.Is(err, os.ErrNotExist) {
			continue // taken back since
		}
		if err != nil {
			return nil, fmt.Errorf("read event spool: %w", err)
		}
		files = append(files, spoolFile{name: entry.Name(), mode: info.Mode(), size: info.Size(), modified: info.ModTime()})
	}
	slices.SortFunc(files, func(a, b spoolFile) int {
		return cmp.Or(a.modified.Compare(b.modified), strings.Compare(a.name, b.name))
	})
	return files, nil
}

// read returns the content of a plain file of allowed size.
func (s spool) read(file spoolFile) ([]byte, error) {
	if !file.mode.IsRegular() {
		return nil, fmt.Errorf("it is a %s and not a plain file", kind(file.mode))
	}
	// The flags keep a file that was exchanged since it was listed from leading elsewhere, or from blocking.
	open, err := os.OpenFile(filepath.Join(s.in, file.name), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(open, bus.MaxEventBytes+1))
	if err := errors.Join(err, open.Close()); err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	if len(content) > bus.MaxEventBytes {
		return nil, fmt.Errorf("it has %d bytes: at most %d are allowed", max(file.size, int64(len(content))), bus.MaxEventBytes)
	}
	return content, nil
}

func (s spool) remove(file spoolFile) error {
	if err := os.Remove(filepath.Join(s.in, file.name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("delete published spool file: %w", err)
	}
	return nil
}

// isEvent leaves alone what writers use on the way: dot files, and any other ending.
func isEvent(name string) bool {
	return strings.HasSuffix(name, ".json") && !strings.HasPrefix(name, ".")
}

func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "folder"
	case mode&fs.ModeSymlink != 0:
		return "symbolic link"
	case mode&fs.ModeNamedPipe != 0:
		return "pipe"
	}
	return "device or socket"
}

func ignore(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}
