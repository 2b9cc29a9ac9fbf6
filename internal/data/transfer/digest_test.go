package transfer

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/data/games"
)

func TestDigestOfALiveStoreIsTheNewest(t *testing.T) {
	t.Parallel()
	source := serve(t, "node-1", ServerConfig{})
	client := newTestClient(t, ClientConfig{})
	path, err := source.dir.Path(data.Place{Role: data.RoleStore, Name: "selfplay_sq5_2p.db"})
	require.NoError(t, err)
	db := datatest.Store(t, path)
	_, err = source.dir.Scan(t.Context(), data.ScanLimits{})
	require.NoError(t, err)
	for count := range int64(3) {
		for range 2 { // the second answer is remembered
			digest, err := client.Digest(t.Context(), source.Source, "selfplay_sq5_2p.db")
			require.NoError(t, err)
			require.Equal(t, count, digest.Games)
			want, err := games.ReadDigest(t.Context(), path)
			require.NoError(t, err)
			require.Equal(t, want, digest)
		}
		datatest.Play(t, db, string(rune('a'+count)), "completed", 9)
	}
	_, err = client.Digest(t.Context(), source.Source, "absent.db")
	require.ErrorContains(t, err, "404")
}

// What a node cuts out of its live store reaches another one, as an item like any other.
func TestSegmentTravels(t *testing.T) {
	t.Parallel()
	source := serve(t, "node-1", ServerConfig{})
	scratch := t.TempDir()
	store := filepath.Join(scratch, "live.db")
	db := datatest.Store(t, store)
	for _, id := range []string{"g1", "g2", "g3"} {
		datatest.Play(t, db, id, "completed", 9)
	}
	cutter, err := games.OpenCutter(t.Context(), filepath.Join(scratch, "cuts.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, cutter.Close()) }()
	segment, err := cutter.Cut(t.Context(), "live.db", store, filepath.Join(scratch, "new.db"), 0)
	require.NoError(t, err)
	item, err := source.dir.AddFile(t.Context(), filepath.Join(scratch, "new.db"), data.RoleSegment, func(c data.Content) string {
		return "sq5_2p/" + c.SHA256.String() + ".db"
	})
	require.NoError(t, err)
	require.NoError(t, cutter.Confirm(t.Context(), segment, item.SHA256))

	here := openDir(t, "node-2", t.TempDir())
	want := item
	want.Place = data.Place{Role: data.RoleSynced, Name: "node-1/" + item.Name}
	result, err := newTestClient(t, ClientConfig{}).Fetch(t.Context(), here, Request{Want: want, Sources: []Source{source.Source}})
	require.NoError(t, err)
	require.Equal(t, "sq5_2p", result.Item.ConfigKey)
	arrived, err := here.Path(result.Item.Place)
	require.NoError(t, err)
	canonical, err := here.Path(data.Place{Role: data.RoleStore, Name: "canonical_sq5_2p.db"})
	require.NoError(t, err)
	merged, err := games.Merge(t.Context(), games.Merging{Source: arrived, SHA256: item.SHA256, Store: canonical})
	require.NoError(t, err)
	require.Equal(t, 3, merged.Inserted)
	ours, err := games.ReadDigest(t.Context(), canonical)
	require.NoError(t, err)
	theirs, err := games.ReadDigest(t.Context(), store)
	require.NoError(t, err)
	require.Equal(t, theirs, ours)
}
