package backup

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// spoolFolders are those of DATA_DIR/events whose files are events that the bus may not have yet.
func spoolFolders() []string { return []string{"outbox", "in"} }

// packSpool keeps the events on their way to the bus. A file that goes meanwhile is one whose events the bus has.
func packSpool(ctx context.Context, events, to string) error {
	return create(to, func(w io.Writer) error {
		packed := tar.NewWriter(w)
		for _, name := range spoolFolders() {
			if err := packEvents(ctx, packed, events, name); err != nil {
				return err
			}
		}
		return packed.Close()
	})
}

func packEvents(ctx context.Context, packed *tar.Writer, events, folder string) error {
	entries, err := os.ReadDir(filepath.Join(events, folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !isEventFile(entry.Name()) {
			continue
		}
		err := packFile(ctx, packed, path.Join(folder, entry.Name()), filepath.Join(events, folder, entry.Name()))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// isEventFile leaves out what is still being written, and locks.
func isEventFile(name string) bool {
	return strings.HasSuffix(name, ".json") && !strings.HasPrefix(name, ".")
}

// unpackSpool writes the events of a part below a new folder.
func unpackSpool(part io.Reader, events string) error {
	for _, name := range spoolFolders() {
		if err := os.MkdirAll(filepath.Join(events, name), 0o755); err != nil {
			return err
		}
	}
	packed := tar.NewReader(part)
	for {
		header, err := packed.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		folder, name := path.Split(header.Name)
		if !isSpoolFolder(path.Clean(folder)) || !isEventFile(name) || strings.ContainsRune(name, filepath.Separator) {
			return fmt.Errorf("entry %q is no event file: %w", header.Name, ErrCorrupt)
		}
		err = create(filepath.Join(events, folder, name), func(w io.Writer) error {
			_, err := io.Copy(w, packed)
			return err
		})
		if err != nil {
			return err
		}
	}
}

func isSpoolFolder(name string) bool {
	for _, folder := range spoolFolders() {
		if name == folder {
			return true
		}
	}
	return false
}
