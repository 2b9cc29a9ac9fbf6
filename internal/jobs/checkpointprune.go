package jobs

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/ringrift/orchestrator/internal/data"
)

// keptCheckpoints of a job stay: the newest, and the one before, which the last heartbeat may name.
const keptCheckpoints = 2

// PruneCheckpoints removes the checkpoints of a job that those which came after them have made useless. Stored are the last
// ones that came, in their order; of the others the names tell, and no file's time: clocks step back. One stays whose name
// does not say that it is further back than the newest: an attempt that was lost may have left it, or a command that tells
// no step.
func PruneCheckpoints(files *data.Dir, stored ...data.Place) error {
	kept := stored[max(len(stored)-keptCheckpoints, 0):]
	earlier, err := earlierCheckpoints(files, stored)
	if err != nil {
		return err
	}
	useless := slices.Concat(stored[:len(stored)-len(kept)], earlier[min(keptCheckpoints-len(kept), len(earlier)):])
	for _, place := range useless {
		if slices.Contains(kept, place) { // it was stored again
			continue
		}
		file, err := files.Path(place)
		if err != nil {
			return err
		}
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// earlierCheckpoints are those beside the stored ones that were made before the last of these, the furthest first.
func earlierCheckpoints(files *data.Dir, stored []data.Place) ([]data.Place, error) {
	newest := stored[len(stored)-1]
	_, reached, is := CheckpointAt(newest)
	file, err := files.Path(newest)
	if err != nil || !is {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		return nil, fmt.Errorf("list checkpoints: %w", err)
	}
	var all []Checkpoint
	for _, entry := range entries {
		place := data.Place{Role: newest.Role, Name: path.Join(path.Dir(newest.Name), entry.Name())}
		if _, one, is := CheckpointAt(place); is && one.isBefore(reached) && !slices.Contains(stored, place) {
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b Checkpoint) int {
		return cmp.Or(cmp.Compare(b.Part, a.Part), cmp.Compare(b.Step, a.Step))
	})
	places := make([]data.Place, len(all))
	for i, one := range all {
		places[i] = one.Place
	}
	return places, nil
}

// isBefore says that a checkpoint was made before another one of its job. Step 0 is what a command tells that counts none.
func (c Checkpoint) isBefore(other Checkpoint) bool {
	return c.Part < other.Part || c.Part == other.Part && 0 < c.Step && c.Step < other.Step
}
