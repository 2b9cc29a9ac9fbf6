package ledger_test

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/ledger"
)

func TestAnOlderCopyOfADaemonCannotWrite(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, _ *ledger.Session) {
		before, after := l.Session("AUTO_SYNC", 100), l.Session("AUTO_SYNC", 200)
		model(t, before, "one")
		model(t, after, "two")

		_, err := before.AddModel(t.Context(), ledger.Model{SHA256: sum("three"), ConfigKey: "sq5_2p", Kind: "table", Workload: "mini", WorkloadVersion: "1"})
		require.ErrorIs(t, err, ledger.ErrFenced)
		require.ErrorContains(t, err, "AUTO_SYNC with epoch 100, newest is 200")
		list, err := l.Models(t.Context(), "", ledger.Page{})
		require.NoError(t, err)
		require.Len(t, list.Items, 2, "the refused write left nothing")

		model(t, after, "four")
		model(t, l.Session("ELO_SYNC", 1), "five")
		model(t, l.Session("operator", 0), "six")
	})
}

func TestAResetLetsTheCopiesAfterARestoreWrite(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, _ *ledger.Session) {
		require.NoError(t, l.Session("AUTO_SYNC", 200).Claim(t.Context()))
		fences, err := l.Fences(t.Context())
		require.NoError(t, err)
		require.Len(t, fences, 1)
		require.Equal(t, int64(200), fences[0].Epoch)

		forgotten, err := l.ResetFences(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, forgotten)
		require.NoError(t, l.Session("AUTO_SYNC", 100).Claim(t.Context()))
	})
}

func TestAResetOfOneDaemonLeavesTheOthers(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, _ *ledger.Session) {
		require.NoError(t, l.Session("AUTO_SYNC", 200).Claim(t.Context()))
		require.NoError(t, l.Session("ELO_SYNC", 200).Claim(t.Context()))
		require.NoError(t, l.ResetFence(t.Context(), "AUTO_SYNC"))
		require.NoError(t, l.Session("AUTO_SYNC", 100).Claim(t.Context()))
		require.ErrorIs(t, l.Session("ELO_SYNC", 100).Claim(t.Context()), ledger.ErrFenced)
	})
}

// While many copies write at once, no write of an older one may follow a write of a newer one.
func TestEpochsOnlyRise(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, _ *ledger.Session) {
		var highest atomic.Int64
		var group errgroup.Group
		for epoch := int64(1); epoch <= 8; epoch++ {
			group.Go(func() error {
				s := l.Session("AUTO_SYNC", epoch)
				for range 10 {
					seen := highest.Load()
					err := s.Claim(t.Context())
					if err == nil && seen > epoch {
						t.Errorf("epoch %d wrote after epoch %d", epoch, seen)
					}
					for before := highest.Load(); err == nil && before < epoch; before = highest.Load() {
						highest.CompareAndSwap(before, epoch)
					}
				}
				return nil
			})
		}
		require.NoError(t, group.Wait())
		require.NoError(t, l.Session("AUTO_SYNC", 8).Claim(t.Context()))
		require.ErrorIs(t, l.Session("AUTO_SYNC", 7).Claim(t.Context()), ledger.ErrFenced)
	})
}
