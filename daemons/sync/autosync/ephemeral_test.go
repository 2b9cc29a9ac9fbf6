package autosync

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

func labelled(n *node) { n.config.Labels = []string{"ephemeral"} }

// daemon is that of an ephemeral node, which no host runs.
func (n *node) daemon() *daemon {
	n.Helper()
	d := newDaemon(n.config.withDefaults(), ephemeral, host.Runtime{
		Node: n.name, Epoch: 1, Logger: n.logger(), Now: time.Now, Files: n.dir, DataDir: n.path, ClusterDir: n.path, Bus: n.client.Session(Type, n.name, 1),
	})
	require.NoError(n, d.Ready(n.Context()))
	return d
}

// outgoing are the node's own segments, as its journal has them.
func (n *node) outgoing() []outgoing {
	n.Helper()
	opened, err := openJournal(n.Context(), n.path+"/sync")
	require.NoError(n, err)
	all, err := opened.outgoing(n.Context())
	require.NoError(n, err)
	require.NoError(n, opened.close())
	return all
}

// Games of a node that may vanish stay in its journal over a kill, until a node that is there to stay holds them;
// each is told to be safe once. Another ephemeral node does not count.
func TestEphemeralJournalOutlivesAKill(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a, other := c.add("rented", labelled).start(), c.add("rented-too", labelled, strategyOf("pull")).start()
	stores := []string{"selfplay_sq5_2p.db", "gumbel_sq5_2p.db"}
	for _, name := range stores {
		db := a.live(name)
		for i := range 3 { // fewer than would be cut on a node that stays
			datatest.Play(t, db, name+string(rune('0'+i)), "completed", 9)
		}
	}
	c.eventually("the other rented node has them", func() bool { return other.digest("sq5_2p").Games == 6 })
	require.Empty(t, told[bus.GameSynced](c), "that makes nothing safe")
	a.stop() // the journal is all that is left
	a.start()
	unsafeSegments := func() (count int) {
		for _, o := range a.outgoing() {
			if o.state == unsafe {
				count++
			}
		}
		return count
	}
	require.Positive(t, unsafeSegments())
	keeper := c.add("keeper", func(n *node) { n.config.Roles = []spec.Role{spec.RoleCoordinator} }).start() // it takes only what it is asked for
	c.eventually("all are safe", func() bool { return keeper.digest("sq5_2p").Games == 6 && unsafeSegments() == 0 })
	c.eventually("and told to be safe, each once", func() bool {
		var games int64
		for _, one := range told[bus.GameSynced](c) {
			require.Equal(t, []string{"keeper"}, one.TargetNodes)
			require.True(t, one.IsEphemeral)
			games += one.GamesPushed
		}
		return games == 6
	})
}

// A drain gets the last games off before it ends.
func TestDrainGetsTheLastGamesOff(t *testing.T) {
	t.Parallel()
	c := setup(t)
	keeper := c.add("keeper").start()
	a := c.add("rented", labelled, func(n *node) { n.config.Interval = time.Hour })
	a.serve()
	d := a.daemon()
	db := a.live("selfplay_sq5_2p.db")
	datatest.Play(t, db, "the-last-one", "completed", 9)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := d.Drain(ctx)
	require.NoError(t, err)
	require.Len(t, told[bus.GameSynced](c), 1)
	c.eventually("it is merged there", func() bool { return keeper.digest("sq5_2p").Games == 1 })
}

// With nobody to take them, the time runs out, the drain says so, and nothing is forgotten.
func TestDrainWithNobodyThere(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a := c.add("rented", labelled)
	a.serve()
	d := a.daemon()
	a.segment("sq5_2p", "alone")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := d.Drain(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	all := a.outgoing()
	require.Len(t, all, 1)
	require.Equal(t, unsafe, all[0].state)
}
