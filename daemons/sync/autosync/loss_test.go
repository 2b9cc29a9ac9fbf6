package autosync

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/spec"
)

func (n *node) file(item data.Item) string {
	n.Helper()
	path, err := n.dir.Path(item.Place)
	require.NoError(n, err)
	return path
}

// A segment that is still to be hashed again is not lost, and one that was lost and is back is no longer.
func TestWhatIsNotHashedYetIsNotLost(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a := c.add("rented", labelled)
	require.NoError(t, a.dir.Close())
	var file string
	asItIsWritten := func() time.Time { // by this clock the file is written to at this moment
		var stat unix.Stat_t
		if unix.Stat(file, &stat) != nil {
			return time.Now() // it is not there
		}
		return time.Unix(0, stat.Ctim.Nano())
	}
	busy, err := data.Open(data.Config{Path: a.path, Node: a.name, Now: asItIsWritten})
	require.NoError(t, err)
	a.dir = busy
	segment, d := a.segment("sq5_2p", "alone"), a.daemon()
	file = a.file(segment)
	round := func(want string) {
		t.Helper()
		_, err := d.round(t.Context(), (*round).all)
		require.NoError(t, err)
		all := a.outgoing()
		require.Len(t, all, 1)
		require.Equal(t, want, all[0].state)
	}
	round(unsafe)
	require.NoError(t, os.Chtimes(file, time.Time{}, time.Now().Add(-time.Minute)))
	round(unsafe)
	require.Empty(t, a.dir.Find(segment.SHA256), "it is to be hashed again")
	require.Empty(t, told[bus.DataSyncFailed](c))

	aside := filepath.Join(t.TempDir(), "aside.db")
	require.NoError(t, os.Rename(file, aside))
	round(lost)
	require.Len(t, told[bus.DataSyncFailed](c), 1)
	require.NoError(t, os.Rename(aside, file))
	round(unsafe)
}

// Games of a node that may vanish are safe only as long as a node that is there to stay holds them.
func TestSafetyEndsWithTheCopy(t *testing.T) {
	t.Parallel()
	c := setup(t)
	keeper := c.add("keeper", func(n *node) { n.config.Roles = []spec.Role{spec.RoleCoordinator} }).start()
	a := c.add("rented", labelled).start()
	segment := a.segment("sq5_2p", "alone")
	held := func() bool { return len(keeper.dir.Find(segment.SHA256)) == 1 }
	c.eventually("it is safe", func() bool { all := a.outgoing(); return held() && len(all) == 1 && all[0].state == safe })
	require.NoError(t, os.Remove(keeper.file(keeper.dir.Find(segment.SHA256)[0])))
	_, err := keeper.dir.Scan(t.Context(), data.ScanLimits{})
	require.NoError(t, err)
	require.False(t, held())
	c.eventually("it is there again", held)
	c.eventually("and safe", func() bool { return a.outgoing()[0].state == safe })
}

// Somebody changes a segment in place: it is offered under no hash, and the good copy of another node is what is fetched.
func TestAChangedSegmentReplacesNoGoodCopy(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a, b := c.add("node-a").start(), c.add("node-b").start()
	segment := a.segment("sq5_2p", "one", "two")
	c.converge("sq5_2p", 2, a, b)
	place := data.Place{Role: data.RoleSynced, Name: "node-a/" + segment.Name}
	content, err := os.ReadFile(b.file(data.Item{Place: place}))
	require.NoError(t, err)

	db := datatest.Store(t, a.file(segment))
	datatest.Play(t, db, "three", "completed", 9)
	require.NoError(t, db.Close())
	c.eventually("the source has noticed", func() bool { return len(a.dir.Changed()) == 1 })
	require.Len(t, a.dir.Inventory().Items, 1, "it lists its store alone")
	late := c.add("node-c").start()
	c.converge("sq5_2p", 2, a, b, late)
	left, err := os.ReadFile(b.file(data.Item{Place: place}))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, left), "the bytes are those that were there")
	got, err := os.ReadFile(late.file(data.Item{Place: place}))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got), "who comes later gets the good copy")
}

// A store that cannot be read is told, and keeps neither its own games nor those of others from being fetched.
func TestOneBrokenStoreStopsNoOther(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a := c.add("node-a").start()
	a.segment("sq5_2p", "of the broken one")
	a.segment("sq9_2p", "of the other one")
	b := c.add("node-b", strategyOf("pull"))
	datatest.Write(t, filepath.Join(b.path, "games", "canonical_sq5_2p.db"), datatest.Bytes(8192, "noise"))
	b.start()
	c.eventually("the other store has its game", func() bool { return b.digest("sq9_2p").Games == 1 })
	c.eventually("the files of both are there", func() bool {
		synced := 0
		for _, item := range b.dir.Inventory().Items {
			if item.Role == data.RoleSynced {
				synced++
			}
		}
		return synced == 2
	})
	c.eventually("and it is told", func() bool {
		health := b.health()
		return health.Status == spec.HealthDegraded && strings.Contains(health.Message, "canonical_sq5_2p.db")
	})
}
