package strict

import (
	"errors"
	"os"
	"path/filepath"
)

// Create makes a file that appears whole or not at all, is there after a power cut, and replaces nothing: the error is
// an fs.ErrExist if there is one.
func Create(path string, content []byte) error {
	dir := filepath.Dir(path)
	temporary, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // of what is left there nothing is needed
	_, err = temporary.Write(content)
	if err := errors.Join(err, temporary.Chmod(0o644), temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	if err := os.Link(temporary.Name(), path); err != nil { // unlike a rename it fails if there is a file
		return err
	}
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
