package game_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
)

func TestBoards(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]struct{ players, cells, windows int }{
		"sq5_2p":  {2, 25, 28},
		"sq5_3p":  {3, 25, 48},
		"hex3_2p": {2, 37, 48},
		"hex3_4p": {4, 37, 48},
	} {
		rules, err := game.Lookup(key)
		require.NoError(t, err)
		require.Equal(t, want.players, rules.Players, key)
		require.Len(t, rules.Cells, want.cells, key)
		require.Len(t, rules.Windows, want.windows, key)
	}
	require.Len(t, game.Keys(), 4)
	_, err := game.Lookup("chess")
	require.ErrorContains(t, err, `"chess" is unknown: use one of sq5_2p`)
}

func TestHashesDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, key := range game.Keys() {
		rules, err := game.Lookup(key)
		require.NoError(t, err)
		require.NotContains(t, seen, rules.Hash(), key)
		seen[rules.Hash()] = key
	}
}

// Random games agree at every ply with a winner found by walking over the board from each stone.
func TestWinnerAgainstBruteForce(t *testing.T) {
	t.Parallel()
	for _, key := range game.Keys() {
		rules, err := game.Lookup(key)
		require.NoError(t, err)
		random := rand.New(rand.NewPCG(1, 2))
		wins, draws := 0, 0
		for range 300 {
			p := game.NewPosition(rules)
			for !p.Over() {
				cell := random.IntN(len(rules.Cells))
				if p.Stone(cell) != game.None {
					require.Error(t, p.Play(cell), key)
					continue
				}
				threat := p.Wins(p.Turn(), cell)
				require.NoError(t, p.Play(cell), key)
				require.Equal(t, lineOwner(p), p.Winner(), "%s after %v", key, p.Moves())
				require.Equal(t, threat, p.Winner() != game.None, "%s after %v", key, p.Moves())
			}
			if p.Winner() == game.None {
				draws++
			} else {
				wins++
			}
			require.ErrorContains(t, p.Play(0), "move", key)
		}
		require.Positive(t, wins, key)
		t.Logf("%s: %d won, %d drawn", key, wins, draws)
	}
}

func TestPopRestores(t *testing.T) {
	t.Parallel()
	for _, key := range game.Keys() {
		rules, err := game.Lookup(key)
		require.NoError(t, err)
		random := rand.New(rand.NewPCG(3, 4))
		p := game.NewPosition(rules)
		for _, cell := range random.Perm(len(rules.Cells)) {
			if p.Over() {
				break
			}
			p.Push(cell)
			p.Pop()
			p.Push(cell)
		}
		for p.Plies() > 0 {
			p.Pop()
		}
		require.Equal(t, game.NewPosition(rules), p, key)
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	rules, err := game.Lookup("hex3_4p")
	require.NoError(t, err)
	p := game.NewPosition(rules)
	for _, cell := range rules.Windows[0] {
		p.Push(cell)
	}
	require.Equal(t, []int{1, 1, 1, 1}, rules.Counts(int(p.Codes()[0])))
	require.Equal(t, 625, rules.Codes())
	require.Equal(t, game.None, p.Winner())
}

// lineOwner looks for a line without the precomputed windows.
func lineOwner(p *game.Position) int {
	rules := p.Rules()
	owner := map[game.Cell]int{}
	for i, cell := range rules.Cells {
		owner[cell] = p.Stone(i)
	}
	directions := []game.Cell{{Q: 1}, {R: 1}, {Q: -1, R: 1}}
	if rules.Board == "sq5" {
		directions = append(directions, game.Cell{Q: 1, R: 1})
	}
	for start, seat := range owner {
		for _, d := range directions {
			length := 0
			for at, ok := owner[start]; ok && at == seat && seat != game.None; {
				length++
				at, ok = owner[game.Cell{Q: start.Q + length*d.Q, R: start.R + length*d.R}]
			}
			if length >= rules.InARow {
				return seat
			}
		}
	}
	return game.None
}
