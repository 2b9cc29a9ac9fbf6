package daemonlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	require.NoError(t, err)
	_, err = file.WriteString(text)
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

func texts(lines []Line) (all []string) {
	for _, line := range lines {
		all = append(all, string(line.Text))
	}
	return all
}

// rotate moves each of a log's files one place on, as its writer does.
func rotate(t *testing.T, path string, keep int) {
	t.Helper()
	for place := keep - 1; place > 0; place-- {
		from := path
		if place > 1 {
			from = fmt.Sprintf("%s.%d", path, place-1)
		}
		if err := os.Rename(from, fmt.Sprintf("%s.%d", path, place)); err != nil {
			require.ErrorIs(t, err, os.ErrNotExist)
		}
	}
}

var errEnough = errors.New("enough")

// untilLine follows until a line comes that contains a text, and returns what came.
func untilLine(t *testing.T, r *Reader, last string) (lines []Line) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := r.Follow(ctx, func(line Line) error {
		lines = append(lines, line)
		if strings.Contains(string(line.Text), last) {
			return errEnough
		}
		return nil
	}, func() error { return nil })
	require.ErrorIs(t, err, errEnough, "it has not come: %v", texts(lines))
	return lines
}

// The last lines go back over as many files as are needed.
func TestOldLinesReachBackOverRotations(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "A.log")
	write(t, path+".3", "too old\n")
	write(t, path+".2", "one\ntwo\n")
	write(t, path+".1", "three\n")
	write(t, path, "four\nnot ended")
	r, err := Open(path, 3)
	require.NoError(t, err)
	defer r.Close()
	require.Equal(t, []string{"two", "three", "four"}, texts(r.Old()))
	require.Equal(t, "not ended", string(r.Rest()))
	none, err := Open(path, 0)
	require.NoError(t, err)
	defer none.Close()
	require.Empty(t, none.Old())
}

// A reader that comes late after several rotations misses nothing that is still there.
func TestFollowOverSeveralRotationsAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "A.log")
	write(t, path, "1\n")
	r, err := Open(path, 10)
	require.NoError(t, err)
	defer r.Close()
	write(t, path, "2\n3 begins, ")
	rotate(t, path, 4)
	write(t, path, "3 ends\n4\n")
	rotate(t, path, 4)
	write(t, path, "5\n")
	rotate(t, path, 4)
	write(t, path, "6\nlast\n")
	require.Equal(t, []string{"2", "3 begins, 3 ends", "4", "5", "6", "last"}, texts(untilLine(t, r, "last")))
}

// A log of which one file is kept is emptied when it is full.
func TestFollowALogThatIsEmptied(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "A.log")
	write(t, path, strings.Repeat("a long line\n", 10))
	r, err := Open(path, 0)
	require.NoError(t, err)
	defer r.Close()
	require.NoError(t, os.Truncate(path, 0))
	write(t, path, "last\n")
	require.Equal(t, []string{"last"}, texts(untilLine(t, r, "last")))
}

// Whoever goes on at a place gets every line behind it once, wherever its file is now.
func TestResume(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "A.log")
	write(t, path, "1\n2\n")
	r, err := Open(path, 10)
	require.NoError(t, err)
	at := r.Old()[0].After
	r.Close()
	same, err := ParsePlace(at.String())
	require.NoError(t, err)
	require.Equal(t, at, same)
	write(t, path, "3\n")
	rotate(t, path, 3)
	write(t, path, "last\n")

	again, lost, err := Resume(path, at)
	require.NoError(t, err)
	require.False(t, lost)
	lines := untilLine(t, again, "last")
	again.Close()
	require.Equal(t, []string{"2", "3", "last"}, texts(lines))

	_, lost, err = Resume(path, Place{File: at.File + 1<<40, Offset: 2})
	require.NoError(t, err)
	require.True(t, lost, "that file is not there")
	for _, text := range []string{"", "1", "x-1", "1-x", "1--1"} {
		_, err := ParsePlace(text)
		require.Error(t, err, text)
	}
}

func TestALargeLogIsReadFast(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "A.log")
	write(t, path, strings.Repeat("a line of a program that writes a lot\n", 400_000))
	r, err := Open(path, 2)
	require.NoError(t, err)
	defer r.Close()
	require.Len(t, r.Old(), 2)
}

func TestFind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	find := func(query Query) string {
		path, err := Find(dir, query)
		require.NoError(t, err)
		short, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		return short
	}
	_, err := Find(dir, Query{Daemon: "WEB"})
	require.ErrorIs(t, err, ErrNone)
	for _, name := range []string{"WEB.log", "output/WEB.log", "POLLER@node-1.log"} {
		write(t, filepath.Join(dir, name), "")
	}
	require.Equal(t, "output/WEB.log", find(Query{Daemon: "WEB"}))
	require.Equal(t, "WEB.log", find(Query{Daemon: "WEB", Lifecycle: true}))
	require.Equal(t, "POLLER@node-1.log", find(Query{Daemon: "POLLER", Home: "node-2"}), "the only copy")
	_, err = Find(dir, Query{Daemon: "POLLER", Node: "node-2"})
	require.ErrorIs(t, err, ErrNone)
	write(t, filepath.Join(dir, "POLLER@node-2.log"), "")
	require.Equal(t, "POLLER@node-2.log", find(Query{Daemon: "POLLER", Home: "node-2"}))
	var several *SeveralError
	_, err = Find(dir, Query{Daemon: "POLLER"})
	require.ErrorAs(t, err, &several)
	require.Equal(t, []string{"POLLER@node-1", "POLLER@node-2"}, several.Copies)
}
