package jobs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/data"
)

const (
	// keptCheckpoints of a job stay: the newest, and the one before, which the last heartbeat may name.
	keptCheckpoints = 2

	checkpointForm  = "%03d-%012d-%s.ckpt"
	checkpointParts = 3 // config, job, file
)

// checkpointPlace is where nodes keep a checkpoint. The name tells what it is one of and how far that was, so that a copy
// needs nobody who remembers it.
func checkpointPlace(configKey, jobID string, part int, step int64, sum data.Sum) data.Place {
	return data.Place{Role: data.RoleCheckpoint, Name: path.Join(configKey, jobID, fmt.Sprintf(checkpointForm, part, step, sum))}
}

// CheckpointAt reads from the place of a file which job's checkpoint it is, and which one; false if it is none.
func CheckpointAt(place data.Place) (jobID string, from Checkpoint, is bool) {
	folders := strings.Split(place.Name, "/")
	if place.Role != data.RoleCheckpoint || len(folders) != checkpointParts {
		return "", from, false
	}
	var sum string
	file := strings.TrimSuffix(folders[2], ".ckpt")
	if _, err := fmt.Sscanf(file, "%03d-%012d-%s", &from.Part, &from.Step, &sum); err != nil {
		return "", from, false
	}
	parsed, err := data.ParseSum(sum)
	from.Place, from.SHA256 = place, parsed
	return folders[1], from, err == nil
}

// PruneCheckpoints removes the checkpoints of a job that those which came after them have made useless.
func PruneCheckpoints(files *data.Dir, newest data.Place) error {
	file, err := files.Path(newest)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("list checkpoints: %w", err)
	}
	var all []fs.FileInfo
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && strings.HasSuffix(info.Name(), ".ckpt") { // else it is gone, or still arrives
			all = append(all, info)
		}
	}
	slices.SortFunc(all, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for _, old := range all[min(keptCheckpoints, len(all)):] {
		if err := os.Remove(filepath.Join(filepath.Dir(file), old.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
