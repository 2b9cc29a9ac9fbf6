package queuelevel_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/queuelevel"
)

const queue = "a queue"

type bundle struct {
	*testing.T
	ledger  *ledger.Ledger
	session *ledger.Session
	client  *bus.Client
	keeper  *queuelevel.Keeper
}

func setup(t *testing.T) *bundle {
	t.Helper()
	opened := ledgertest.SQLite(t)
	b := &bundle{T: t, ledger: opened, session: opened.Session("TEST", 0), client: bustest.Start(t)}
	b.restart()
	return b
}

// restart forgets what is not on disk.
func (b *bundle) restart() {
	b.keeper = queuelevel.New(b.client.Session("TEST", "", 0), "calm")
}

func (b *bundle) bring(level string, depth int64) {
	b.Helper()
	before := ledger.QueueLevel{Queue: queue}
	levels, err := b.ledger.Levels(b.Context())
	require.NoError(b, err)
	if len(levels) > 0 {
		before = levels[0]
	}
	require.NoError(b, b.keeper.Bring(b.Context(), b.session, before, level, depth, func(change bus.LevelChange) bus.Payload {
		if change.New == "secret" {
			return nil
		}
		return bus.QueueLevelChanged{LevelChange: change}
	}))
}

func (b *bundle) told() (all []string) {
	b.Helper()
	for _, event := range bustest.Events(b, b.client, "QUEUE_LEVEL_CHANGED") {
		change, err := bus.Decode[bus.QueueLevelChanged](event)
		require.NoError(b, err)
		all = append(all, fmt.Sprintf("%d: %s to %s at %d", change.Sequence, change.Old, change.New, change.Depth))
	}
	return all
}

func TestEachChangeIsToldOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.bring("calm", 0)
	require.Empty(t, b.told(), "to begin calm is no change")
	for _, level := range []string{"full", "full", "secret", "calm"} {
		b.bring(level, 7)
		b.restart()
		b.bring(level, 8)
	}
	require.Equal(t, []string{"2: calm to full at 7", "4: secret to calm at 7"}, b.told())
}

func TestAQueueMayBeginFull(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.bring("full", 7)
	require.Equal(t, []string{"1: calm to full at 7"}, b.told())
}

// A crash between a change and its event hides neither that event nor the next one.
func TestWhatWasNotToldIsToldFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, changed, err := b.session.SetLevel(t.Context(), queue, "full", 7)
	require.NoError(t, err)
	require.True(t, changed)
	b.bring("calm", 1)
	require.Equal(t, []string{"1: calm to full at 7", "2: full to calm at 1"}, b.told())
}
