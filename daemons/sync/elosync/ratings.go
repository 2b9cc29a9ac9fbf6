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
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// ratingsFile is what the node's programs read; nothing that is written there comes back.
const ratingsFile = "ratings.json"

// bringRatings writes the newest ratings of all configs that have pointers or matches of this node, if they are
// other ones than before. It returns the file's hash, empty if there are no ratings.
func (d *daemon) bringRatings(ctx context.Context, from *ledger.Ledger, configs map[string]bool) (string, error) {
	pointers, err := from.Pointers(ctx, "")
	if err != nil {
		return "", err
	}
	for _, pointer := range pointers {
		configs[pointer.ConfigKey] = true
	}
	path := filepath.Join(d.folder, ratingsFile)
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read ratings: %w", err)
	}
	addKnown(before, configs)
	text, err := d.encodeRatings(ctx, from, slices.Sorted(maps.Keys(configs)))
	if err != nil || text == nil {
		return "", err
	}
	if !bytes.Equal(before, text) {
		if err := replace(path, text); err != nil {
			return "", fmt.Errorf("write ratings: %w", err)
		}
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// addKnown adds the configs of an earlier file, whose matches may have been shipped long ago.
func addKnown(text []byte, configs map[string]bool) {
	var snapshots []ledger.RatingSnapshot
	if json.Unmarshal(text, &snapshots) != nil {
		return // none, or one that is replaced anyway
	}
	for _, snapshot := range snapshots {
		configs[snapshot.ConfigKey] = true
	}
}

func (d *daemon) encodeRatings(ctx context.Context, from *ledger.Ledger, configs []string) ([]byte, error) {
	var snapshots []ledger.RatingSnapshot
	for _, config := range configs {
		harnesses, err := from.Harnesses(ctx, config)
		if err != nil {
			return nil, err
		}
		for _, harness := range harnesses {
			snapshot, err := from.Ratings(ctx, config, harness)
			if errors.Is(err, ledger.ErrNotFound) {
				continue // nobody has computed them yet
			}
			if err != nil {
				return nil, err
			}
			snapshots = append(snapshots, snapshot)
		}
	}
	if len(snapshots) == 0 {
		return nil, nil
	}
	text, err := json.MarshalIndent(snapshots, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode ratings: %w", err)
	}
	return append(text, '\n'), nil
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
