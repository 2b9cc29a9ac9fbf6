package autosync

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
)

// ahead is how far the clock was before it stepped back.
const ahead = 24 * time.Hour

// write changes what the node's journal has.
func (n *node) write(act func(*journal) error) {
	n.Helper()
	opened, err := openJournal(n.Context(), n.path+"/sync")
	require.NoError(n, err)
	require.NoError(n, act(opened))
	require.NoError(n, opened.close())
}

// What was to be fetched when the clock stepped back does not wait until it is as late again.
func TestAWishDoesNotWaitForAClockThatSteppedBack(t *testing.T) {
	t.Parallel()
	c := setup(t)
	peer := c.add("peer")
	peer.serve()
	model := peer.model("sq5_2p/weights.bin", datatest.Bytes(1<<20, "weights"))
	a := c.add("rented", labelled)
	d := a.daemon()
	a.write(func(j *journal) error {
		asked := wish{item: data.Item{Place: model.Place, SHA256: model.SHA256, Bytes: model.Bytes}, askedBy: "MODEL_DISTRIBUTION"}
		return j.want(t.Context(), time.Now().Add(ahead), asked)
	})
	_, err := d.round(t.Context(), (*round).all)
	require.NoError(t, err)
	require.Len(t, a.dir.Find(model.SHA256), 1)
}

// Nor does the asking for games that are only here.
func TestAskingDoesNotWaitForAClockThatSteppedBack(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.add("keeper").serve()
	a := c.add("rented", labelled)
	d, segment := a.daemon(), a.segment("sq5_2p", "alone")
	a.write(func(j *journal) error {
		if err := j.note(t.Context(), time.Now().Add(ahead), []data.Item{segment}); err != nil {
			return err
		}
		return j.asked(t.Context(), time.Now().Add(ahead), []data.Sum{segment.SHA256})
	})
	_, err := d.round(t.Context(), (*round).all)
	require.NoError(t, err)
	require.Len(t, told[bus.SyncRequest](c), 1)
}

// Nor do the last games of a store, which is quiet.
func TestAQuietStoreDoesNotWaitForAClockThatSteppedBack(t *testing.T) {
	t.Parallel()
	config := Config{}.withDefaults()
	r := &round{daemon: &daemon{config: config, strategy: hybrid}}
	r.rt.Now = time.Now
	require.True(t, r.isQuiet(data.Item{Modified: time.Now().Add(ahead)}))
	require.True(t, r.isQuiet(data.Item{Modified: time.Now().Add(-2 * config.QuietAfter)}))
	require.False(t, r.isQuiet(data.Item{Modified: time.Now()}))
}
