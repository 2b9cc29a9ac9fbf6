package autosync

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/data/games"
)

// A segment that goes before another node has it is cut again: its games are still in the store that they came from.
func TestALostSegmentIsCutAgain(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a := c.add("rented", labelled)
	db := a.live("selfplay_sq5_2p.db")
	datatest.Play(t, db, "only-here", "completed", 9)
	d := a.daemon()
	round := func() {
		t.Helper()
		_, err := d.round(t.Context(), (*round).all)
		require.NoError(t, err)
	}
	round()
	all := a.outgoing()
	require.Len(t, all, 1)
	require.NoError(t, os.Remove(a.file(a.dir.Find(all[0].sum)[0])))
	c.eventually("it is there again", func() bool { round(); return len(a.dir.Find(all[0].sum)) == 1 })
	round()
	require.Equal(t, unsafe, a.outgoing()[0].state)
}

// A segment that is changed while a round is under way does not count as merged: its games would be missing for ever.
func TestAChangedSegmentIsNotMergedAsWhatItWas(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a := c.add("node-a", labelled)
	segment, d := a.segment("sq5_2p", "one", "two"), a.daemon()
	_, err := d.round(t.Context(), func(r *round, ctx context.Context) (bool, error) {
		datatest.Write(t, a.file(segment), nil)
		datatest.Games(t, a.file(segment), "one")
		return r.mergeAll(ctx)
	})
	require.NoError(t, err)
	store, err := a.dir.Path(storeOf("sq5_2p"))
	require.NoError(t, err)
	merged, err := games.MergedSources(t.Context(), store)
	require.NoError(t, err)
	require.NotContains(t, merged, segment.SHA256)
}

// The last round of a node that may not come back says which games it has left behind.
func TestADrainTellsWhatItCouldNotCut(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.add("keeper").start()
	a := c.add("rented", labelled)
	a.serve()
	d := a.daemon()
	datatest.Write(t, filepath.Join(a.path, "games", "selfplay_sq5_2p.db"), datatest.Bytes(8192, "noise"))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := d.Drain(ctx)
	require.ErrorContains(t, err, "selfplay_sq5_2p.db")
}
