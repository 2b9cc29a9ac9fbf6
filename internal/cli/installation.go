package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// installationFile holds the id that tells this data folder from any other that uses the same namespace.
const installationFile = "installation"

// installation returns the folder's id and makes one at the first call. Of two callers at once, both get
// the id of the one that was first.
func installation(dir string) (string, error) {
	path := filepath.Join(dir, installationFile)
	id, err := readInstallation(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return id, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the cluster's folder (CLUSTER_DIR): %w", err)
	}
	if err := createInstallation(dir, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("store the installation's id in %s: %w", path, err)
	}
	return readInstallation(path)
}

func readInstallation(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the installation's id (CLUSTER_DIR): %w", err)
	}
	id := strings.TrimSpace(string(content))
	if id == "" || len(id) > 64 {
		return "", fmt.Errorf("%s holds no installation id: restore it from a backup, or remove it to begin as a new installation", path)
	}
	return id, nil
}

// createInstallation writes a new id beside the path and links it there, which fails if one is there already.
func createInstallation(dir, path string) error {
	file, err := os.CreateTemp(dir, "."+installationFile+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.WriteString(rand.Text() + "\n")
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Link(file.Name(), path)
}
