package ledger_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
)

func TestANodeTellsOfItselfAndOperatorsOfTheirWishes(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		told := ledger.NodeReport{ID: "node-1", Roles: []string{"training"}, Labels: []string{"gpu"}, Addresses: map[string]string{"data": "127.0.0.1:8766"},
			Capacity: json.RawMessage(`{"cpu":8}`), Version: "1"}
		require.NoError(t, s.NodeSeen(t.Context(), told))
		n, err := l.Node(t.Context(), "node-1")
		require.NoError(t, err)
		require.Equal(t, told, n.NodeReport)
		require.Equal(t, ledger.NodeActive, n.Desired)
		require.Equal(t, ledger.NodeUnknown, n.Health, "nobody has looked yet")

		require.NoError(t, s.SetDesired(t.Context(), "node-1", ledger.NodeDraining, "operator", "new disk"))
		require.NoError(t, s.SetHealth(t.Context(), "node-1", ledger.NodeSuspect, "one miss"))
		suspect, err := l.Node(t.Context(), "node-1")
		require.NoError(t, err)
		require.NoError(t, s.SetHealth(t.Context(), "node-1", ledger.NodeSuspect, "two misses"))
		told.Version = "2"
		require.NoError(t, s.NodeSeen(t.Context(), told))
		nodes, err := l.Nodes(t.Context())
		require.NoError(t, err)
		require.Len(t, nodes, 1)
		require.Equal(t, ledger.NodeDraining, nodes[0].Desired, "a report changes no wish")
		require.Equal(t, "two misses", nodes[0].HealthReason)
		require.Equal(t, suspect.HealthAt, nodes[0].HealthAt, "suspect since then")
		require.Equal(t, "2", nodes[0].Version)

		require.ErrorIs(t, s.SetHealth(t.Context(), "absent", ledger.NodeHealthy, ""), ledger.ErrNotFound)
		require.ErrorIs(t, s.SetDesired(t.Context(), "node-1", "gone", "", ""), ledger.ErrInvalid)
	})
}

func TestDepthsAreKeptAndSummedUp(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		_, known, err := l.MeanDepth(t.Context(), "export", 0, time.Hour)
		require.NoError(t, err)
		require.False(t, known, "no samples are not a mean of zero")
		for node, depth := range map[string]int64{"node-1": 10, "node-2": 21} {
			require.NoError(t, s.RecordDepth(t.Context(), "export", node, depth))
		}
		mean, known, err := l.MeanDepth(t.Context(), "export", 0, time.Hour)
		require.NoError(t, err)
		require.True(t, known)
		require.InDelta(t, 15.5, mean, 1e-9)
		buckets, err := l.DepthHistory(t.Context(), "export", time.Unix(0, 0), time.Hour)
		require.NoError(t, err)
		var samples, deepest int64
		for _, b := range buckets {
			samples += b.Samples
			deepest = max(deepest, b.Max)
			require.Zero(t, b.From.Minute(), "the beginning of an hour")
		}
		require.Equal(t, int64(2), samples)
		require.Equal(t, int64(21), deepest)
		pruned, err := s.PruneDepths(t.Context(), time.Hour)
		require.NoError(t, err)
		require.Zero(t, pruned)
	})
}

func TestOneOfManyTellsThatALevelChanged(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		for _, level := range []string{"soft", "hard"} {
			changes := make(chan bool, 5)
			var group errgroup.Group
			for range cap(changes) {
				group.Go(func() error {
					_, changed, err := s.SetLevel(t.Context(), "export", level, 20)
					changes <- changed
					return err
				})
			}
			require.NoError(t, group.Wait())
			close(changes)
			told := 0
			for changed := range changes {
				if changed {
					told++
				}
			}
			require.Equal(t, 1, told, "changes to %s", level)
		}
		before, changed, err := s.SetLevel(t.Context(), "export", "none", 1)
		require.NoError(t, err)
		require.True(t, changed)
		require.Equal(t, "hard", before)
		levels, err := l.Levels(t.Context())
		require.NoError(t, err)
		require.Len(t, levels, 1)
		require.Equal(t, "none", levels[0].Level)
		history, err := l.LevelHistory(t.Context(), "export", ledger.Page{})
		require.NoError(t, err)
		require.Len(t, history.Items, 3)
		pruned, err := s.PruneLevels(t.Context(), time.Hour)
		require.NoError(t, err)
		require.Zero(t, pruned)
	})
}

func TestABackupIsALedger(t *testing.T) {
	t.Parallel()
	l := ledgertest.SQLite(t)
	s := l.Session("AUTO_SYNC", 5)
	m := model(t, s, "one")
	path := filepath.Join(t.TempDir(), "backup.db")
	require.NoError(t, os.WriteFile(path+".part", []byte("what an earlier backup left"), 0o600))
	require.NoError(t, l.Backup(t.Context(), path))
	require.NoFileExists(t, path+".part")
	model(t, s, "two")
	require.ErrorIs(t, l.Backup(t.Context(), path), os.ErrExist)

	restored := ledgertest.Open(t, ledger.Config{Path: path})
	list, err := restored.Models(t.Context(), "", ledger.Page{})
	require.NoError(t, err)
	require.Equal(t, []ledger.Model{m}, list.Items)
	require.ErrorIs(t, restored.Session("AUTO_SYNC", 4).Claim(t.Context()), ledger.ErrFenced, "the fences came along")
}

func TestABackupThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	l := ledgertest.SQLite(t)
	dir := t.TempDir()
	require.Error(t, l.Backup(t.Context(), filepath.Join(dir, "absent", "backup.db")))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestPostgresIsBackedUpByItsOwnTools(t *testing.T) {
	t.Parallel()
	err := postgres.Open(t).Backup(t.Context(), filepath.Join(t.TempDir(), "backup"))
	require.ErrorIs(t, err, ledger.ErrNoBackup)
	require.ErrorContains(t, err, "pg_dump")
}
