package daemonlog

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// shelf is a folder of logs with what is removed from it.
type shelf struct {
	*testing.T
	Retirer
	asked int
}

func newShelf(t *testing.T, plan spec.SupervisorCarry, err error) *shelf {
	s := &shelf{T: t}
	s.Retirer = Retirer{Dir: t.TempDir(), Now: time.Now, Logger: slog.New(slog.DiscardHandler), Plan: func(context.Context) (spec.SupervisorCarry, error) {
		s.asked++
		return plan, err
	}}
	return s
}

// put makes logs to which nothing was written for a time.
func (s *shelf) put(age time.Duration, names ...string) {
	s.Helper()
	for _, name := range names {
		path := filepath.Join(s.Dir, name)
		write(s.T, path, "a line\n")
		at := time.Now().Add(-age)
		require.NoError(s, os.Chtimes(path, at, at))
	}
}

func (s *shelf) left() (names []string) {
	s.Helper()
	require.NoError(s, filepath.WalkDir(s.Dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, strings.TrimPrefix(path, s.Dir+"/"))
		}
		return err
	}))
	slices.Sort(names)
	return names
}

func planOf(types ...spec.Type) (plan spec.SupervisorCarry) {
	for _, name := range types {
		plan.Request.Daemons = append(plan.Request.Daemons, spec.Daemon{Type: name})
	}
	return plan
}

const (
	old   = KeepFor + time.Hour
	fresh = KeepFor - time.Hour
)

func TestLogsOfWhatIsInThePlanNoMoreAreRemoved(t *testing.T) {
	t.Parallel()
	plan := planOf("DB", "EVENT_ROUTER")
	plan.Rows = []spec.Row{{ID: "daemon/LEAVING", Phase: spec.PhaseStopping}, {ID: "daemon/GONE", Phase: spec.PhaseStopped}}
	s := newShelf(t, plan, nil)
	s.put(old, "GONE.log", "GONE.log.1", "output/GONE.log", "output/GONE.log.12", "GONE@node-1.example.log", "output/LEFT@node-2.log.1")
	kept := []string{
		"DB.log", "DB.log.1", "DB@node-1.log", "output/DB.log", "LEAVING.log", // in the plan, or still there
		"worker.log", "temporal.log.1", "NOTES.txt", "GONE.log.gz", "output/GONE/GONE.log", // not a daemon's
		"RECENT.log.1",
	}
	s.put(old, kept...)
	s.put(fresh, "RECENT.log", "output/RECENT.log")
	require.NoError(t, s.Retire(t.Context()))
	want := append(kept, "RECENT.log", "output/RECENT.log")
	slices.Sort(want)
	require.Equal(t, want, s.left())
}

// What nobody knows to be superfluous stays.
func TestLogsStayWhileThePlanIsNotKnown(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*shelf{
		"no answer": newShelf(t, planOf("DB"), errors.New("no supervisor")),
		"nothing":   newShelf(t, spec.SupervisorCarry{}, nil),
	} {
		s.put(old, "GONE.log")
		err := s.Retire(t.Context())
		require.Equal(t, name == "no answer", err != nil, "%s: %v", name, err)
		require.Equal(t, []string{"GONE.log"}, s.left(), name)
	}
}

// Nobody is asked for nothing, and what is no file of the folder is not touched.
func TestThePlanIsOnlyAskedForIfSomethingIsOld(t *testing.T) {
	t.Parallel()
	s := newShelf(t, planOf("DB"), nil)
	s.put(fresh, "GONE.log")
	require.NoError(t, s.Retire(t.Context()))
	require.Zero(t, s.asked)
	require.NoError(t, os.Symlink(filepath.Join(s.Dir, "GONE.log"), filepath.Join(s.Dir, "LINK.log")))
	require.NoError(t, os.Mkdir(filepath.Join(s.Dir, "FOLDER.log"), 0o700))
	s.Now = func() time.Time { return time.Now().Add(2 * KeepFor) }
	require.NoError(t, s.Retire(t.Context()))
	require.Equal(t, []string{"LINK.log"}, s.left())
	require.DirExists(t, filepath.Join(s.Dir, "FOLDER.log"))
	require.Equal(t, 1, s.asked)
	s.Dir = filepath.Join(s.Dir, "missing")
	require.NoError(t, s.Retire(t.Context()), "nothing has logged yet")
}
