package adapter

import (
	"fmt"
	"os"
	"path/filepath"
)

// WriteFile makes a file that appears whole or not at all, and is there after a power cut.
func WriteFile(path string, contents []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(temporary.Name()) // gone already if all went well
	if _, err := temporary.Write(contents); err != nil {
		_ = temporary.Close() // the first error counts
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := temporary.Sync(); err != nil {
		_ = temporary.Close() // the first error counts
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := temporary.Close(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return Publish(temporary.Name(), path)
}

// Publish renames a file that is whole and closed to its final name in the same folder.
func Publish(temporary, path string) error {
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("publish %s: %w", path, err)
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("publish %s: %w", path, err)
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("publish %s: %w", path, err)
	}
	return nil
}
