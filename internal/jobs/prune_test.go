package jobs_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/jobs"
)

// checkpoints is the folder of one job's checkpoints on a node.
type checkpoints struct {
	*testing.T
	files *data.Dir
}

func newCheckpoints(t *testing.T) checkpoints {
	t.Helper()
	t.Parallel()
	files, err := data.Open(data.Config{Path: t.TempDir(), Node: "n1"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, files.Close()) })
	return checkpoints{t, files}
}

// put stores a checkpoint whose file the clock says is so old.
func (c checkpoints) put(part int, step int64, age time.Duration) data.Place {
	c.Helper()
	name := fmt.Sprintf("%03d-%012d-%x.ckpt", part, step, sha256.Sum256(fmt.Append(nil, part, step, age)))
	return c.putNamed(name, age)
}

func (c checkpoints) putNamed(name string, age time.Duration) data.Place {
	c.Helper()
	place := data.Place{Role: data.RoleCheckpoint, Name: "sq5_2p/job/" + name}
	file, err := c.files.Path(place)
	require.NoError(c, err)
	require.NoError(c, os.MkdirAll(filepath.Dir(file), 0o755))
	datatest.Write(c.T, file, []byte("weights"))
	written := time.Now().Add(-age)
	require.NoError(c, os.Chtimes(file, written, written))
	return place
}

func (c checkpoints) requireLeft(want ...data.Place) {
	c.Helper()
	file, err := c.files.Path(want[0])
	require.NoError(c, err)
	entries, err := os.ReadDir(filepath.Dir(file))
	require.NoError(c, err)
	var left []string
	for _, entry := range entries {
		left = append(left, "sq5_2p/job/"+entry.Name())
	}
	var names []string
	for _, place := range want {
		names = append(names, place.Name)
	}
	require.ElementsMatch(c, names, left)
}

// After the clock has stepped back, the newest checkpoint has the oldest time.
func TestPruningGoesByTheStepNotByTheClock(t *testing.T) {
	c := newCheckpoints(t)
	c.put(0, 900, 1*time.Minute) // of the part before
	c.put(1, 10, 2*time.Minute)
	before := c.put(1, 20, 3*time.Minute)
	newest := c.put(1, 30, 4*time.Minute)
	require.NoError(t, jobs.PruneCheckpoints(c.files, newest))
	c.requireLeft(newest, before)
}

// What tells nothing of how far it was may be the best there is.
func TestPruningKeepsWhatTellsNothing(t *testing.T) {
	c := newCheckpoints(t)
	riddle, zero := c.putNamed("best.ckpt", time.Hour), c.put(0, 0, time.Hour)
	before, newest := c.put(0, 10, time.Minute), c.put(0, 20, 0)
	require.NoError(t, jobs.PruneCheckpoints(c.files, riddle))
	c.requireLeft(riddle, zero, before, newest)
	require.NoError(t, jobs.PruneCheckpoints(c.files, newest))
	c.requireLeft(riddle, zero, before, newest)
}

// An attempt that was lost here has left later ones than that which goes on elsewhere and comes back: the last two of the
// latter stay all the same.
func TestPruningKeepsWhatTheAttemptGoesOnFrom(t *testing.T) {
	c := newCheckpoints(t)
	c.put(0, 80, time.Hour)
	lost, further := c.put(0, 95, time.Hour), c.put(0, 100, time.Hour)
	resumed, first := c.put(0, 90, time.Minute), c.put(0, 92, 0)
	require.NoError(t, jobs.PruneCheckpoints(c.files, resumed, first))
	c.requireLeft(resumed, first, lost, further)
	second := c.put(0, 97, 0)
	require.NoError(t, jobs.PruneCheckpoints(c.files, resumed, first, second))
	c.requireLeft(first, second, further)
}

// A command need not count its steps. What the attempt itself has stored has an order all the same.
func TestPruningGoesByTheOrderOfOneAttempt(t *testing.T) {
	c := newCheckpoints(t)
	first, second, third := c.put(0, 0, time.Minute), c.put(0, 0, 2*time.Minute), c.put(0, 0, 3*time.Minute)
	require.NoError(t, jobs.PruneCheckpoints(c.files, first, second, third))
	c.requireLeft(second, third)
	require.NoError(t, jobs.PruneCheckpoints(c.files, third, second, third))
	c.requireLeft(second, third)
}
