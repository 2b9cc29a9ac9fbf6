package testkit_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/testkit"
)

func entry(act testkit.Act, id string, epoch int64, pid int) testkit.Entry {
	return testkit.Entry{Act: act, ID: id, Epoch: epoch, PID: pid}
}

func TestDoublesAreSeen(t *testing.T) {
	t.Parallel()
	const id = "daemon/ROOT"
	first, second := entry(testkit.ActInit, id, 1, 10), entry(testkit.ActInit, id, 2, 20)
	for name, test := range map[string]struct {
		between []testkit.Entry
		doubles int
	}{
		"nothing between":                    {nil, 1},
		"the first ended":                    {[]testkit.Entry{entry(testkit.ActEnd, id, 1, 10)}, 0},
		"another daemon ended":               {[]testkit.Entry{entry(testkit.ActEnd, "daemon/TOP", 1, 10)}, 1},
		"an older copy ended":                {[]testkit.Entry{entry(testkit.ActEnd, id, 0, 10)}, 1},
		"its process was killed":             {[]testkit.Entry{entry(testkit.ActKilled, "", 0, 10)}, 0},
		"another process was killed":         {[]testkit.Entry{entry(testkit.ActKilled, "", 0, 30)}, 1},
		"its process was frozen":             {[]testkit.Entry{entry(testkit.ActFrozen, "", 0, 10)}, 0},
		"its process was frozen and goes on": {[]testkit.Entry{entry(testkit.ActFrozen, "", 0, 10), entry(testkit.ActThawed, "", 0, 10)}, 1},
	} {
		entries := append(append(testkit.Entries{first}, test.between...), second)
		require.Len(t, entries.Doubles(), test.doubles, name)
	}
}

func TestBrokenEdgesAreSeen(t *testing.T) {
	t.Parallel()
	root, left := "daemon/ROOT", "daemon/LEFT"
	start := testkit.Entries{entry(testkit.ActInit, root, 1, 1), entry(testkit.ActReady, root, 1, 1), entry(testkit.ActInit, left, 1, 1)}
	require.Empty(t, start.EarlyStarts(diamond()))
	early := testkit.Entries{start[0], start[2], start[1]}
	require.Len(t, early.EarlyStarts(diamond()), 1, "LEFT began before ROOT was ready")

	ends := testkit.Entries{entry(testkit.ActEnd, left, 1, 1), entry(testkit.ActEnd, root, 1, 1)}
	require.Empty(t, append(start, ends...).EarlyStops(diamond()))
	swapped := testkit.Entries{ends[1], ends[0]}
	require.Len(t, append(start[:3:3], swapped...).EarlyStops(diamond()), 1, "ROOT ended before LEFT")
}

func TestJournalKeepsOrderOfTwoWriters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	one, err := testkit.OpenJournal(path)
	require.NoError(t, err)
	defer one.Close()
	two, err := testkit.OpenJournal(path)
	require.NoError(t, err)
	defer two.Close()
	for epoch := range int64(10) {
		writer := one
		if epoch%2 == 1 {
			writer = two
		}
		require.NoError(t, writer.Append(entry(testkit.ActTick, "daemon/ROOT", epoch, 1)))
	}
	entries, err := two.Entries()
	require.NoError(t, err)
	require.Len(t, entries, 10)
	for epoch, line := range entries {
		require.EqualValues(t, epoch, line.Epoch)
	}
}

func TestReferenceRowsAreTheReferencesGraph(t *testing.T) {
	t.Parallel()
	edges := 0
	rows := testkit.ReferenceRows(t)
	for _, row := range rows {
		edges += len(row.DependsOn)
	}
	require.Len(t, rows, 78)
	require.Equal(t, 105, edges)
}
