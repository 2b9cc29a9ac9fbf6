//go:build acceptance

package ledger_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
)

// With 10,000 queued jobs a claim takes less than 50 ms and a listing less than 200 ms, 99 times of 100.
func TestALongQueueIsQuick(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *ledger.Ledger{
		"sqlite":   ledgertest.SQLite,
		"postgres": func(t testing.TB) *ledger.Ledger { return ledgertest.Open(t, ledgertest.Own(t).Config()) },
	} {
		t.Run(name, func(t *testing.T) {
			rounds := 2000
			if testing.Short() {
				rounds = 300
			}
			measured := measureQueue(t, open(t), rounds)
			for call, all := range measured {
				t.Logf("%-10s p50 %8s  p99 %8s  of %d", call, all.quantile(0.5), all.quantile(0.99), len(all))
			}
			require.Less(t, measured["claim"].quantile(0.99), 50*time.Millisecond, "claim")
			require.Less(t, measured["list"].quantile(0.99), 200*time.Millisecond, "list")
			require.Less(t, measured["candidates"].quantile(0.99), 200*time.Millisecond, "candidates")
		})
	}
}

// A writer that is killed many times leaves all that it confirmed, and nothing by halves.
func TestManyKillsLeaveAConsistentLedger(t *testing.T) {
	places(t, func(t *testing.T, config ledger.Config) {
		kills := 25
		if testing.Short() {
			kills = 5
		}
		l := ledgertest.Open(t, config)
		confirmed := 0
		for kill := range kills {
			confirmed += len(killAfter(t, "record", config, 1+kill%4))
		}
		requireTotalsMatchFiles(t, l)
		require.GreaterOrEqual(t, confirmed, kills)
	})
}

// With 100,000 files in cuts it takes less than 10 ms to see what is in none, 9 times of 10.
func TestManyCutsAreQuick(t *testing.T) {
	places(t, func(t *testing.T, config ledger.Config) {
		l := ledgertest.Open(t, config)
		insertFiles(t, config, 100_020)
		statement(t, config, "UPDATE game_files SET cut_iteration = recorded_at / 1000 WHERE recorded_at <= 100000")
		var all latencies
		for range 100 {
			begin := time.Now()
			uncut, err := l.Uncut(t.Context(), "sq5_2p")
			all = append(all, time.Since(begin))
			require.NoError(t, err)
			require.Equal(t, ledger.UncutGames{Files: 20, Games: 40, Since: time.UnixMicro(100_001).UTC()}, uncut)
		}
		slices.Sort(all)
		t.Logf("p50 %s  p90 %s", all.quantile(0.5), all.quantile(0.9))
		require.Less(t, all.quantile(0.9), 10*time.Millisecond)
	})
}
