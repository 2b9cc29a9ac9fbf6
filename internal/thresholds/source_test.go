package thresholds_test

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/thresholds"
)

// rig is a source of a file that may be written, and its time.
type rig struct {
	*testing.T
	path   string
	now    time.Time
	source *thresholds.Source
}

func setup(t *testing.T) *rig {
	t.Helper()
	r := &rig{T: t, path: filepath.Join(t.TempDir(), thresholds.FileName), now: time.Unix(1_000_000, 0)}
	r.source = thresholds.NewSource(r.path, func() time.Time { return r.now }, nil)
	return r
}

func (r *rig) write(document string) {
	r.Helper()
	require.NoError(r, os.WriteFile(r.path, []byte(document), 0o600))
}

// later returns what is in force a second later.
func (r *rig) later() thresholds.Snapshot {
	r.Helper()
	r.now = r.now.Add(time.Second)
	current, err := r.source.Current()
	require.NoError(r, err)
	return current
}

func TestSourceFollowsItsFile(t *testing.T) {
	t.Parallel()
	r := setup(t)
	first := r.later()
	require.Equal(t, "fast", first.Preset, "without a file")
	require.Empty(t, first.Path)

	r.write("preset: standard\ntrain: {epochs: 30}\n")
	r.now = r.now.Add(time.Second - 1)
	current, err := r.source.Current()
	require.NoError(t, err)
	require.Equal(t, first, current, "it looks once a second at most")
	changed := r.later()
	require.NoError(t, changed.Fault)
	require.Equal(t, []any{"standard", 30, r.path}, []any{changed.Preset, changed.Train.Epochs, changed.Path})

	stat, err := os.Stat(r.path)
	require.NoError(t, err)
	r.write("preset: standard\ntrain: {epochs: 31}\n")
	require.NoError(t, os.Chtimes(r.path, stat.ModTime(), stat.ModTime()))
	require.Equal(t, 31, r.later().Train.Epochs, "a change of the same size at the same time")
}

func TestSourceKeepsWhatWasRight(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.write("preset: standard\n")
	good := r.later()

	r.write("preset: standard\ntrain: {epcohs: 31}\n")
	for range 2 {
		kept := r.later()
		require.ErrorContains(t, kept.Fault, r.path+" has 1 fault(s)\n  line 2: train.epcohs: unknown: did you mean epochs below train?")
		kept.Fault = nil
		require.Equal(t, good, kept)
	}
	require.NoError(t, os.Remove(r.path))
	kept := r.later()
	require.ErrorContains(t, kept.Fault, "is gone")
	require.Equal(t, good.Version, kept.Version)

	r.write("preset: standard\n")
	require.Equal(t, good, r.later())
	r.write("preset: fast\n")
	require.Equal(t, "fast", r.later().Preset)
}

// Each change is told once, and that of a file which is refused as an error.
func TestSourceTellsWhatChanges(t *testing.T) {
	t.Parallel()
	r, log := setup(t), &strings.Builder{}
	r.source = thresholds.NewSource(r.path, func() time.Time { return r.now }, slog.New(slog.NewTextHandler(log, nil)))
	said := func() (levels []string) {
		r.later()
		r.later()
		for line := range strings.Lines(log.String()) {
			levels = append(levels, strings.Fields(line)[1])
		}
		log.Reset()
		return levels
	}
	r.write("preset: standard\n")
	require.Empty(t, said(), "what a process begins with")
	r.write("preset: standard\ntrain: {epcohs: 31}\n")
	require.Equal(t, []string{"level=ERROR"}, said())
	r.write("preset: standard\n")
	require.Equal(t, []string{"level=INFO"}, said(), "in order again")
	r.write("preset: fast\n")
	require.Equal(t, []string{"level=INFO"}, said())
}

func TestSourceWithNothingGoodYet(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.write("preset: slow\n")
	for range 2 {
		_, err := r.source.Current()
		require.ErrorContains(t, err, "write preset: fast or preset: standard")
	}
	r.write("preset: standard\n")
	require.Equal(t, "standard", r.later().Preset)

	r = setup(t)
	require.NoError(t, os.Mkdir(r.path, 0o700))
	_, err := r.source.Current()
	require.ErrorContains(t, err, "read the thresholds")
}

func TestSourceIsSharedSafely(t *testing.T) {
	t.Parallel()
	r := setup(t)
	source := thresholds.NewSource(r.path, time.Now, nil)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				_, err := source.Current()
				require.NoError(t, err)
			}
		})
	}
	group.Wait()
}

func TestWriteDefaultReplacesNothing(t *testing.T) {
	t.Parallel()
	r := setup(t)
	require.NoError(t, thresholds.WriteDefault(r.path, thresholds.Standard))
	before, err := os.ReadFile(r.path)
	require.NoError(t, err)
	require.Equal(t, "standard", r.later().Preset)

	require.ErrorIs(t, thresholds.WriteDefault(r.path, thresholds.Fast), fs.ErrExist)
	require.Error(t, thresholds.WriteDefault(r.path+"2", "slow"))
	require.Error(t, thresholds.WriteDefault(filepath.Join(r.path, "below"), thresholds.Fast))
	after, err := os.ReadFile(r.path)
	require.NoError(t, err)
	require.Equal(t, before, after)
	files, err := os.ReadDir(filepath.Dir(r.path))
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing is left behind")
}
