package data

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// judged returns the path of a file that was proved corrupt, as long as it is the one that was judged: another daemon may
// have moved that away, and a good one may have come.
func (d *Dir) judged(item Item) (string, error) {
	path, err := d.Path(item.Place)
	if err != nil {
		return "", err
	}
	if item.Live {
		_, err := os.Lstat(path)
		return path, err
	}
	file, err := d.OpenItem(item)
	if err != nil {
		return "", err
	}
	if known, _ := d.Lookup(item.Place); !known.Modified.Equal(item.Modified) {
		err = ErrChanged
	}
	return path, errors.Join(err, file.Close())
}

// move puts a file into quarantine, a live database with its log.
func (d *Dir) move(from, file string, live bool) error {
	suffixes := []string{""}
	if live {
		suffixes = []string{"-wal", "-shm", ""} // a log without its database is lost, so the database goes last
	}
	for _, suffix := range suffixes {
		err := d.moveOne(from+suffix, file+suffix)
		if err != nil && (suffix == "" || !errors.Is(err, fs.ErrNotExist)) {
			return err
		}
	}
	return errors.Join(syncFolder(d.quarantine, "."), syncPath(filepath.Dir(from)))
}

func (d *Dir) moveOne(from, file string) error {
	err := os.Rename(from, filepath.Join(d.quarantine.Name(), file))
	if !errors.Is(err, syscall.EXDEV) {
		return err
	}
	// The folder of a role may be on another disk.
	if err := d.copyOne(from, file); err != nil {
		return err
	}
	return os.Remove(from)
}

// copyOne copies a file into quarantine, whole or not at all.
func (d *Dir) copyOne(from, file string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }() // it was only read
	return d.writeQuarantined(file, func(w io.Writer) error {
		_, err := io.Copy(w, source)
		return err
	})
}

// writeQuarantined writes a file of the quarantine under a name that nobody looks at until it is complete.
func (d *Dir) writeQuarantined(name string, write func(io.Writer) error) error {
	temporary := "." + name
	file, err := d.quarantine.OpenFile(temporary, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	err = errors.Join(write(file), file.Sync(), file.Close())
	if err == nil {
		err = d.quarantine.Rename(temporary, name)
	}
	if err != nil {
		return errors.Join(err, d.quarantine.Remove(temporary))
	}
	return syncFolder(d.quarantine, ".")
}

func syncPath(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}
