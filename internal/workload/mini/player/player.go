package player

import (
	"math"
	"math/rand/v2"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/search"
)

// Player chooses moves in positions that are not over. It is for one goroutine.
type Player interface {
	// Choose returns a legal move. A player that searched fills visits, one a cell; others leave it alone and
	// say false. With a temperature above 0 a searcher draws the move by visits^(1/temperature).
	Choose(p *game.Position, random *rand.Rand, temperature float64, visits []int32) (cell int, searched bool)
}

// Searching plays the move that PUCT tried most.
type Searching struct{ searcher *search.Searcher }

// NewSearching returns a player that searches with the evaluator.
func NewSearching(rules *game.Rules, evaluator search.Evaluator, settings search.Settings) Searching {
	return Searching{search.New(rules, evaluator, settings)}
}

// Choose implements Player.
func (s Searching) Choose(p *game.Position, random *rand.Rand, temperature float64, visits []int32) (int, bool) {
	s.searcher.Visits(p, random, visits)
	if temperature > 0 {
		return draw(random, visits, 1/temperature), true
	}
	return mostVisited(random, visits), true
}

// draw picks a cell with probability proportional to visits^power.
func draw(random *rand.Rand, visits []int32, power float64) int {
	most := float64(visits[firstMost(visits)])
	total := 0.0
	for _, n := range visits {
		total += math.Pow(float64(n)/most, power)
	}
	left := random.Float64() * total
	last := 0
	for cell, n := range visits {
		if n == 0 {
			continue
		}
		last = cell
		if left -= math.Pow(float64(n)/most, power); left < 0 {
			break
		}
	}
	return last
}

// mostVisited picks one of the most visited cells, each as likely as the other.
func mostVisited(random *rand.Rand, visits []int32) int {
	most := visits[firstMost(visits)]
	best, ties := 0, 0
	for cell, n := range visits {
		if n != most {
			continue
		}
		ties++
		if random.IntN(ties) == 0 {
			best = cell
		}
	}
	return best
}

func firstMost(visits []int32) int {
	best := 0
	for cell, n := range visits {
		if n > visits[best] {
			best = cell
		}
	}
	return best
}
