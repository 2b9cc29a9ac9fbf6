package elosync

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// ratingsFile is what the node's programs read; nothing that is written there comes back.
const ratingsFile = "ratings.json"

// bringRatings writes the newest ratings of all configs, if they are other ones than before. They are the same bytes
// on every node. It returns the file's hash, empty if there are no ratings.
func (d *daemon) bringRatings(ctx context.Context, from *ledger.Ledger) (string, error) {
	snapshots, err := from.NewestRatings(ctx)
	if err != nil || len(snapshots) == 0 {
		return "", err
	}
	text, err := json.MarshalIndent(snapshots, "", "  ")
	if err != nil {
		return "", fmt.Errorf("encode ratings: %w", err)
	}
	text = append(text, '\n')
	path := filepath.Join(d.folder, ratingsFile)
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read ratings: %w", err)
	}
	if !bytes.Equal(before, text) {
		if err := replace(path, text); err != nil {
			return "", fmt.Errorf("write ratings: %w", err)
		}
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// replace puts a whole file to its place.
func replace(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Chmod(0o444), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
