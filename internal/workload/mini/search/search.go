package search

import (
	"math"
	"math/rand/v2"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
)

// Evaluator judges a position: logits, one a cell, and value, one a seat with sum 1.
type Evaluator interface {
	Evaluate(p *game.Position, logits, value []float64)
}

// Settings say how much and how widely to search.
type Settings struct {
	Simulations int     // leaves to evaluate a search, at least 1
	Exploration float64 // the weight of the policy against what was seen, above 0
	NoiseShare  float64 // how much of the policy at the root is noise, 0 to 1
}

// Searcher searches one position at a time; it is for one goroutine.
type Searcher struct {
	rules     *game.Rules
	evaluator Evaluator
	settings  Settings
	nodes     []node
	path      []int
	logits    []float64
	value     []float64
}

// node is a move and what is known about it.
type node struct {
	prior    float64
	sum      float64 // of the shares of the player who makes the move
	unseen   float64 // the share that the next mover expects of moves not tried yet
	visits   int
	children int // index of the first
	count    int // of children, 0 before the node is expanded
	cell     int
}

// New returns a searcher for games under the rules.
func New(rules *game.Rules, evaluator Evaluator, settings Settings) *Searcher {
	cells := len(rules.Cells)
	return &Searcher{
		rules:     rules,
		evaluator: evaluator,
		settings:  settings,
		nodes:     make([]node, 0, 1+settings.Simulations*cells/2),
		path:      make([]int, 0, cells+1),
		logits:    make([]float64, cells),
		value:     make([]float64, rules.Players),
	}
}

// Visits searches a position that is not over and fills visits, one a cell, with how often each move was tried.
// Their sum is the number of simulations less one, which evaluates the position itself; with one simulation it
// is the policy's favourite that counts. The position is as before when it returns.
func (s *Searcher) Visits(p *game.Position, random *rand.Rand, visits []int32) {
	s.nodes = append(s.nodes[:0], node{})
	s.expand(p, 0)
	s.addNoise(random)
	for range s.settings.Simulations - 1 {
		s.simulate(p)
	}
	clear(visits)
	root := &s.nodes[0]
	for _, child := range s.nodes[root.children:][:root.count] {
		visits[child.cell] = int32(child.visits)
	}
	if s.settings.Simulations == 1 {
		visits[s.nodes[s.choose(0)].cell] = 1
	}
}

// simulate walks to a leaf, judges it, and tells all moves on the way.
func (s *Searcher) simulate(p *game.Position) {
	s.path = s.path[:0]
	at := 0
	for s.nodes[at].count > 0 {
		at = s.choose(at)
		s.path = append(s.path, at)
		p.Push(s.nodes[at].cell)
	}
	if p.Over() {
		s.outcome(p)
	} else {
		s.expand(p, at)
	}
	for i := len(s.path) - 1; i >= 0; i-- {
		p.Pop()
		moved := &s.nodes[s.path[i]]
		moved.visits++
		moved.sum += s.value[p.Turn()]
	}
	s.nodes[0].visits++
}

// choose returns the child of the highest bound.
func (s *Searcher) choose(at int) int {
	parent := &s.nodes[at]
	scale := s.settings.Exploration * math.Sqrt(float64(parent.visits+1))
	best, highest := 0, math.Inf(-1)
	for i, child := range s.nodes[parent.children:][:parent.count] {
		share := parent.unseen
		if child.visits > 0 {
			share = child.sum / float64(child.visits)
		}
		if bound := share + scale*child.prior/float64(1+child.visits); bound > highest {
			best, highest = parent.children+i, bound
		}
	}
	return best
}

// expand judges the position and gives the node its children.
func (s *Searcher) expand(p *game.Position, at int) {
	s.evaluator.Evaluate(p, s.logits, s.value)
	first := len(s.nodes)
	highest := math.Inf(-1)
	for cell, logit := range s.logits {
		if p.Stone(cell) == game.None {
			s.nodes = append(s.nodes, node{cell: cell, prior: logit})
			highest = max(highest, logit)
		}
	}
	children := s.nodes[first:]
	sum := 0.0
	for i := range children {
		children[i].prior = math.Exp(children[i].prior - highest)
		sum += children[i].prior
	}
	for i := range children {
		children[i].prior /= sum
	}
	s.nodes[at].children, s.nodes[at].count = first, len(children)
	s.nodes[at].unseen = s.value[p.Turn()]
}

// outcome fills value from a game that is over.
func (s *Searcher) outcome(p *game.Position) {
	for seat := range s.value {
		s.value[seat] = 1 / float64(s.rules.Players)
	}
	if winner := p.Winner(); winner != game.None {
		clear(s.value)
		s.value[winner] = 1
	}
}
