package player

import (
	"math/rand/v2"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
)

// Random plays any legal move, each as likely as the other.
type Random struct{}

// Choose implements Player.
func (Random) Choose(p *game.Position, random *rand.Rand, _ float64, _ []int32) (int, bool) {
	return RandomMove(p, random), false
}

// RandomMove draws a legal move.
func RandomMove(p *game.Position, random *rand.Rand) int {
	cells := len(p.Rules().Cells)
	left := random.IntN(cells - p.Plies())
	for cell := range cells {
		if p.Stone(cell) != game.None {
			continue
		}
		if left == 0 {
			return cell
		}
		left--
	}
	panic("a game that is not over has an empty cell")
}
