package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
)

func item(t *testing.T, s *ledger.Session, name string) ledger.Item {
	t.Helper()
	i, err := s.AddItem(t.Context(), ledger.Item{SHA256: sum(name), Role: "model", Name: name, ConfigKey: "sq5_2p", Bytes: 100})
	require.NoError(t, err)
	return i
}

func report(t *testing.T, s *ledger.Session, node, path string, i ledger.Item, state ledger.HolderState) {
	t.Helper()
	require.NoError(t, s.ReportHoldings(t.Context(), node, []ledger.Holder{{SHA256: i.SHA256, Path: path, State: state}}))
}

func TestAnItemIsItsContent(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		i := item(t, s, "a.model")
		renamed := i
		renamed.Name = "b.model"
		stored, err := s.AddItem(t.Context(), renamed)
		require.NoError(t, err)
		require.Equal(t, i, stored, "another name for the same bytes")
		renamed.Bytes = 99
		_, err = s.AddItem(t.Context(), renamed)
		require.ErrorIs(t, err, ledger.ErrConflict)
		renamed.Role, renamed.Bytes = "checkpoint", i.Bytes
		_, err = s.AddItem(t.Context(), renamed)
		require.ErrorIs(t, err, ledger.ErrConflict)
		list, err := l.Items(t.Context(), ledger.ItemFilter{Role: "model", ConfigKey: "sq5_2p"}, ledger.Page{})
		require.NoError(t, err)
		require.Equal(t, []ledger.Item{i}, list.Items)

		last := ledger.Item{SHA256: sum("last"), Role: "checkpoint", Name: "job/7.ckpt", Bytes: 5}
		_, err = s.AddItem(t.Context(), last)
		require.NoError(t, err)
		last.Role, last.Name = "model", "last.model"
		stored, err = s.AddItem(t.Context(), last)
		require.NoError(t, err)
		require.Equal(t, "model", stored.Role, "a checkpoint may turn out to be more")
		require.Equal(t, "last.model", stored.Name)
	})
}

func TestToBeSeenIsNotToBeVerified(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		i := item(t, s, "a")
		state := func() ledger.HolderState {
			holders, err := l.Holders(t.Context(), i.SHA256)
			require.NoError(t, err)
			if len(holders) == 0 {
				return ledger.CopyGone
			}
			return holders[0].State
		}
		for _, c := range []struct{ told, want ledger.HolderState }{
			{ledger.CopyUnverified, ledger.CopyUnverified}, {ledger.CopyVerified, ledger.CopyVerified},
			{ledger.CopyUnverified, ledger.CopyVerified}, {ledger.CopySuspect, ledger.CopySuspect},
			{ledger.CopyUnverified, ledger.CopySuspect}, {ledger.CopyGone, ledger.CopyGone},
			{ledger.CopyUnverified, ledger.CopyUnverified},
		} {
			report(t, s, "node-1", "models/a", i, c.told)
			require.Equal(t, c.want, state(), "after it was told to be %s", c.told)
		}
		err := s.ReportHoldings(t.Context(), "node-1", []ledger.Holder{{SHA256: sum("unknown"), Path: "x", State: ledger.CopyVerified}})
		require.ErrorIs(t, err, ledger.ErrNotFound)
	})
}

func TestWhatANodeNoLongerListsIsGone(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		a, b := item(t, s, "a"), item(t, s, "b")
		report(t, s, "node-1", "a", a, ledger.CopyVerified)
		report(t, s, "node-1", "b", b, ledger.CopyVerified)
		report(t, s, "node-2", "a", a, ledger.CopyVerified)
		var since time.Time
		require.Eventually(t, func() bool { // the database's clock may tick in milliseconds
			before, err := l.Holders(t.Context(), a.SHA256)
			require.NoError(t, err)
			since, err = l.Now(t.Context())
			return err == nil && since.After(before[len(before)-1].LastSeen)
		}, 5*time.Second, time.Millisecond)
		report(t, s, "node-1", "b", b, ledger.CopyUnverified)
		stale, err := l.StaleHolders(t.Context(), since, ledger.Page{})
		require.NoError(t, err)
		require.Len(t, stale.Items, 2)

		gone, err := s.ForgetUnlisted(t.Context(), "node-1", since)
		require.NoError(t, err)
		require.Equal(t, 1, gone)
		holders, err := l.Holders(t.Context(), a.SHA256)
		require.NoError(t, err)
		require.Len(t, holders, 1)
		require.Equal(t, "node-2", holders[0].Node)
	})
}

func TestMissingAndUnderReplicatedItemsAreFound(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		for _, node := range []string{"node-1", "node-2", "node-3"} {
			require.NoError(t, s.NodeSeen(t.Context(), ledger.NodeReport{ID: node}))
		}
		require.NoError(t, s.SetDesired(t.Context(), "node-3", ledger.NodeRemoved, "operator", "sold"))
		full, single, none := item(t, s, "full"), item(t, s, "single"), item(t, s, "none")
		report(t, s, "node-1", "full", full, ledger.CopyVerified)
		report(t, s, "node-2", "full", full, ledger.CopyVerified)
		report(t, s, "node-1", "single", single, ledger.CopyVerified)
		report(t, s, "node-1", "single again", single, ledger.CopyVerified) // the same node
		report(t, s, "node-2", "single", single, ledger.CopySuspect)
		report(t, s, "node-3", "single", single, ledger.CopyVerified) // removed
		report(t, s, "node-9", "none", none, ledger.CopyVerified)     // nobody knows that node

		missing, err := l.MissingOn(t.Context(), "node-2", ledger.ItemFilter{}, ledger.Page{})
		require.NoError(t, err)
		require.ElementsMatch(t, []ledger.Item{single, none}, missing.Items)
		under, err := l.UnderReplicated(t.Context(), 2, time.Hour, ledger.ItemFilter{Role: "model"}, ledger.Page{})
		require.NoError(t, err)
		require.ElementsMatch(t, []ledger.Replication{{Item: single, Replicas: 1}, {Item: none, Replicas: 0}}, under.Items)
		dead, err := l.UnderReplicated(t.Context(), 1, -time.Hour, ledger.ItemFilter{}, ledger.Page{Limit: 2})
		require.NoError(t, err)
		require.Len(t, dead.Items, 2, "no node counts as alive")
		require.NotEmpty(t, dead.Next)
	})
}

func TestADeliveryIsWantedOnceAndEndsVerified(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		i := item(t, s, "a")
		added, err := s.Want(t.Context(), i.SHA256, 10, "node-1", "node-2")
		require.NoError(t, err)
		require.Equal(t, 2, added)
		added, err = s.Want(t.Context(), i.SHA256, 50, "node-2", "node-3")
		require.NoError(t, err)
		require.Equal(t, 1, added)
		nodes := []string{"node-2", "node-3"}
		due, err := l.DueDeliveries(t.Context(), nodes, 2)
		require.NoError(t, err)
		require.Empty(t, due, "none of them has it")
		require.NoError(t, s.ReportHoldings(t.Context(), "node-2", []ledger.Holder{{SHA256: i.SHA256, Path: "models/a", State: ledger.CopyVerified}}))
		due, err = l.DueDeliveries(t.Context(), nodes, 2)
		require.NoError(t, err)
		require.Len(t, due, 2, "what waits for others is not due")
		require.Equal(t, int64(50), due[0].Priority, "the higher of two wishes")
		require.NoError(t, s.ReportHoldings(t.Context(), "node-2", []ledger.Holder{{SHA256: i.SHA256, Path: "models/a", State: ledger.CopyGone}}))
		_, err = s.Want(t.Context(), sum("unknown"), 1, "node-1")
		require.ErrorIs(t, err, ledger.ErrNotFound)

		transfer, err := s.BeginDelivery(t.Context(), i.SHA256, "node-1", time.Minute)
		require.NoError(t, err)
		_, err = s.BeginDelivery(t.Context(), i.SHA256, "node-1", time.Minute)
		require.ErrorIs(t, err, ledger.ErrConflict)
		require.NoError(t, s.ContinueDelivery(t.Context(), transfer, 60, time.Minute))
		for range 2 {
			require.NoError(t, s.VerifyDelivery(t.Context(), transfer, "models/a"), "and once more")
		}
		require.ErrorIs(t, s.FailDelivery(t.Context(), transfer, "late", 0, false), ledger.ErrStale)
		holders, err := l.Holders(t.Context(), i.SHA256)
		require.NoError(t, err)
		require.Len(t, holders, 1, "the copy is in the catalog")
		require.Equal(t, ledger.CopyVerified, holders[0].State)
		counts, err := l.DeliveryCounts(t.Context())
		require.NoError(t, err)
		require.Contains(t, counts, ledger.DeliveryCount{Node: "node-1", State: ledger.DeliveryVerified, Items: 1, Bytes: 100})
	})
}

func TestADeliveryIsTriedAgainUntilGivenUp(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		i := item(t, s, "a")
		_, err := s.Want(t.Context(), i.SHA256, 10, "node-1")
		require.NoError(t, err)
		lost, err := s.BeginDelivery(t.Context(), i.SHA256, "node-1", time.Millisecond)
		require.NoError(t, err)
		var second ledger.Transfer
		require.Eventually(t, func() bool {
			second, err = s.BeginDelivery(t.Context(), i.SHA256, "node-1", time.Minute)
			return err == nil
		}, 5*time.Second, time.Millisecond, "an abandoned transfer is due again")
		require.Equal(t, int64(2), second.Attempt)
		require.ErrorIs(t, s.VerifyDelivery(t.Context(), lost, "a"), ledger.ErrStale, "by the one that was given up")

		require.NoError(t, s.FailDelivery(t.Context(), second, "status 500", time.Hour, false))
		_, err = s.BeginDelivery(t.Context(), i.SHA256, "node-1", time.Minute)
		require.ErrorIs(t, err, ledger.ErrConflict, "not before its time")
		require.NoError(t, s.RetryDelivery(t.Context(), i.SHA256, "node-1"))
		third, err := s.BeginDelivery(t.Context(), i.SHA256, "node-1", time.Minute)
		require.NoError(t, err)
		require.NoError(t, s.FailDelivery(t.Context(), third, "status 500", 0, true))
		require.NoError(t, s.ReportHoldings(t.Context(), "node-1", []ledger.Holder{{SHA256: i.SHA256, Path: "models/a", State: ledger.CopyVerified}}))
		due, err := l.DueDeliveries(t.Context(), []string{"node-1"}, 0)
		require.NoError(t, err)
		require.Empty(t, due)
		list, err := l.Deliveries(t.Context(), i.SHA256, ledger.Page{})
		require.NoError(t, err)
		require.Equal(t, ledger.DeliveryFailed, list.Items[0].State)
		require.Equal(t, "status 500", list.Items[0].Error)
	})
}
