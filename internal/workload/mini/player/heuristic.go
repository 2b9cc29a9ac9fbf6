package player

import (
	"math/rand/v2"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
)

// Heuristic completes a line if it can, else stops the next player who could, else extends its own best lines.
type Heuristic struct{}

// Scores of a move; what extends lines stays far below a block.
const (
	scoreWin   = 1 << 30
	scoreBlock = 1 << 20
)

// Choose implements Player.
func (Heuristic) Choose(p *game.Position, random *rand.Rand, _ float64, _ []int32) (int, bool) {
	best, highest, ties := game.None, -1, 0
	for cell := range p.Rules().Cells {
		if p.Stone(cell) != game.None {
			continue
		}
		score := heuristicScore(p, cell)
		switch {
		case score > highest:
			best, highest, ties = cell, score, 1
		case score == highest:
			ties++
			if random.IntN(ties) == 0 {
				best = cell
			}
		}
	}
	return best, false
}

// heuristicScore prefers a win, then to block whoever moves sooner, then windows without others' stones by
// how far they have come.
func heuristicScore(p *game.Position, cell int) int {
	rules, mover := p.Rules(), p.Turn()
	if p.Wins(mover, cell) {
		return scoreWin
	}
	score := 0
	for distance := 1; distance < rules.Players; distance++ {
		if p.Wins((mover+distance)%rules.Players, cell) {
			score += scoreBlock << (rules.Players - distance)
		}
	}
	for _, w := range rules.Through(cell) {
		if own, open := onlyOwn(p, rules.Windows[w], mover); open {
			score += 1 << (3 * own)
		}
	}
	return score
}

// onlyOwn counts the mover's stones in a window, and says whether there are no others.
func onlyOwn(p *game.Position, window []int, mover int) (own int, open bool) {
	for _, cell := range window {
		switch p.Stone(cell) {
		case mover:
			own++
		case game.None:
		default:
			return own, false
		}
	}
	return own, true
}
