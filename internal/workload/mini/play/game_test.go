package play_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/play"
	"github.com/ringrift/orchestrator/internal/workload/mini/player"
)

func randomTable(t *testing.T, key string) (*game.Rules, play.Table) {
	t.Helper()
	rules, err := game.Lookup(key)
	require.NoError(t, err)
	var table play.Table
	for range rules.Players {
		table.Players, table.Seats = append(table.Players, player.Random{}), append(table.Seats, play.Seat{Name: "random"})
	}
	return rules, table
}

func TestGamesEndAsTheRulesSay(t *testing.T) {
	t.Parallel()
	for _, key := range game.Keys() {
		rules, table := randomTable(t, key)
		endings := map[string]int{}
		for i := range uint64(200) {
			random := rand.New(rand.NewPCG(i, 1))
			record, err := table.Play(t.Context(), rules, random, random)
			require.NoError(t, err)
			p := game.NewPosition(rules)
			for _, move := range record.Moves {
				require.NoError(t, p.Play(move.Cell))
			}
			require.True(t, p.Over())
			require.Equal(t, p.Winner(), record.Winner)
			require.Equal(t, record.Winner == game.None, record.Termination == play.Full)
			endings[record.Termination]++
		}
		require.Positive(t, endings[play.Line], key)
	}
}

func TestOpeningsAreShared(t *testing.T) {
	t.Parallel()
	rules, table := randomTable(t, "sq5_2p")
	table.Opening = 4
	var cells [2][]int
	for i := range cells {
		record, err := table.Play(t.Context(), rules, rand.New(rand.NewPCG(7, 7)), rand.New(rand.NewPCG(uint64(i), 8)))
		require.NoError(t, err)
		for ply, move := range record.Moves {
			require.Equal(t, ply < 4, move.Origin == play.Opening)
			cells[i] = append(cells[i], move.Cell)
		}
	}
	require.Equal(t, cells[0][:4], cells[1][:4])
	require.NotEqual(t, cells[0], cells[1])
}

func TestLongGamesAreDrawn(t *testing.T) {
	t.Parallel()
	rules, table := randomTable(t, "sq5_2p")
	table.MaxMoves = 3
	random := rand.New(rand.NewPCG(1, 1))
	record, err := table.Play(t.Context(), rules, random, random)
	require.NoError(t, err)
	require.Len(t, record.Moves, 3)
	require.Equal(t, game.None, record.Winner)
	require.Equal(t, play.TooLong, record.Termination)
}

func TestGamesEndWithTheContext(t *testing.T) {
	t.Parallel()
	rules, table := randomTable(t, "sq5_2p")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	random := rand.New(rand.NewPCG(1, 1))
	_, err := table.Play(ctx, rules, random, random)
	require.ErrorIs(t, err, context.Canceled)
}

func TestSeedsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[uint64]bool{}
	for run := range uint64(100) {
		for index := range 100 {
			seed := play.Seed(run, index)
			require.Less(t, seed, uint64(1)<<63)
			require.False(t, seen[seed], "run %d, game %d", run, index)
			seen[seed] = true
		}
	}
}
