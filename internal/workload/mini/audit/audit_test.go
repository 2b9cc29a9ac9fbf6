package audit

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
)

// The two code paths were written apart; here they meet: the same rules, told by the same hash, the same winners.
func TestAuditAgreesWithTheGame(t *testing.T) {
	t.Parallel()
	for _, key := range game.Keys() {
		rules, err := game.Lookup(key)
		require.NoError(t, err)
		b, err := lookBoard(key)
		require.NoError(t, err)
		require.Equal(t, rules.Hash(), b.rulesHash(), key)
		random := rand.New(rand.NewPCG(1, 2))
		for range 200 {
			p, owner, won := game.NewPosition(rules), map[point]int{}, false
			for _, cell := range random.Perm(len(rules.Cells)) {
				if p.Over() {
					break
				}
				owner[b.places[cell]] = p.Turn() + 1
				require.NoError(t, p.Play(cell))
				won = b.wins(owner, b.places[cell])
				require.Equal(t, p.Winner() != game.None, won, "%s after %v", key, p.Moves())
			}
		}
	}
	_, err := lookBoard("chess")
	require.Error(t, err)
}

// stored is a game as its file would tell it.
func stored(t *testing.T, b *board, winner int, cells ...int) *gameRow {
	t.Helper()
	g := &gameRow{id: "g", boardName: b.name, players: b.players, winner: winner, totalMoves: len(cells), ending: "line", participants: `["a","b"]`}
	for n, cell := range cells {
		g.moves = append(g.moves, moveRow{number: n, player: n%b.players + 1, move: fmt.Sprintf(`{"cell":%d}`, cell)})
	}
	return g
}

// sealed gives a game the metadata that fit it.
func sealed(t *testing.T, b *board, g *gameRow) *gameRow {
	t.Helper()
	text, err := json.Marshal(map[string]string{"rules_hash": b.rulesHash(), "content_sha256": contentOf(b, g)})
	require.NoError(t, err)
	g.metadata = string(text)
	return g
}

func TestReplayFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	b, err := lookBoard("sq5_2p")
	require.NoError(t, err)
	good := []int{0, 5, 1, 6, 2, 7, 3}
	winner, err := b.replay(sealed(t, b, stored(t, b, 1, good...)))
	require.NoError(t, err)
	require.Equal(t, 1, winner)
	for name, one := range map[string]struct {
		game *gameRow
		says string
	}{
		"loser wins":    {sealed(t, b, stored(t, b, 2, good...)), "seat 2 won"},
		"goes on":       {sealed(t, b, stored(t, b, 1, append(good[:7:7], 20)...)), "after seat 1 has won"},
		"taken cell":    {sealed(t, b, stored(t, b, 0, 0, 5, 0)), "not free"},
		"off the board": {sealed(t, b, stored(t, b, 0, 0, 25)), "not free"},
		"not over":      {sealed(t, b, stored(t, b, 0, 0, 5, 1)), "not over"},
		"changed":       {func() *gameRow { g := sealed(t, b, stored(t, b, 1, good...)); g.participants = `["b","a"]`; return g }(), "changed after"},
		"visits": {func() *gameRow {
			g := stored(t, b, 1, good...)
			g.moves[2].probs = `[[0,4]]`
			return sealed(t, b, g)
		}(), "not free"},
	} {
		_, err := b.replay(one.game)
		require.ErrorContains(t, err, one.says, name)
	}
}
