package peers

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// tokenFile lies in CLUSTER_DIR, which the nodes of one machine share.
const tokenFile = "data.token"

// Token returns the secret that the data servers of a cluster ask for: the configured one, or else one that the
// first caller leaves in clusterDir, readable by its user alone, for the other nodes of this machine.
func Token(configured, clusterDir string) (string, error) {
	if configured != "" {
		return configured, nil
	}
	path := filepath.Join(clusterDir, tokenFile)
	token, err := readToken(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return token, err
	}
	if err := createToken(clusterDir, path); err != nil {
		return "", fmt.Errorf("make the token of the data servers: %w", err)
	}
	return readToken(path)
}

func readToken(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the token of the data servers: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// createToken puts a whole file to its place, or leaves the one that somebody else was faster with.
func createToken(dir, path string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, "."+tokenFile+"-") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // the link stays
	_, err = file.WriteString(rand.Text() + "\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
