package game

import "fmt"

// None stands for no seat: an empty cell, or a game without a winner.
const None = -1

// Position is a game in progress. It is not safe for use by several goroutines at once.
type Position struct {
	rules  *Rules
	stones []int8   // the owner of each cell, or None
	codes  []uint16 // the content of each window
	moves  []int
	winner int
}

// NewPosition is the empty board.
func NewPosition(rules *Rules) *Position {
	p := &Position{
		rules:  rules,
		stones: make([]int8, len(rules.Cells)),
		codes:  make([]uint16, len(rules.Windows)),
		moves:  make([]int, 0, len(rules.Cells)),
		winner: None,
	}
	for cell := range p.stones {
		p.stones[cell] = None
	}
	return p
}

// Rules returns the rules of the game.
func (p *Position) Rules() *Rules { return p.rules }

// Turn is the seat that moves next.
func (p *Position) Turn() int { return len(p.moves) % p.rules.Players }

// Plies is the number of moves played.
func (p *Position) Plies() int { return len(p.moves) }

// Moves returns the moves played. The caller must not change them, and they are valid until the next change.
func (p *Position) Moves() []int { return p.moves }

// Stone returns the seat that owns a cell, or None.
func (p *Position) Stone(cell int) int { return int(p.stones[cell]) }

// Codes returns the content of each window. The caller must not change it.
func (p *Position) Codes() []uint16 { return p.codes }

// Winner returns the seat that owns a whole line, or None.
func (p *Position) Winner() int { return p.winner }

// Over says that someone won or that the board is full.
func (p *Position) Over() bool { return p.winner != None || len(p.moves) == len(p.stones) }

// Play makes the next move, or says why it is not legal.
func (p *Position) Play(cell int) error {
	switch {
	case cell < 0 || cell >= len(p.stones):
		return fmt.Errorf("move %d: cell %d is not on a board of %d cells", len(p.moves), cell, len(p.stones))
	case p.stones[cell] != None:
		return fmt.Errorf("move %d: cell %d is taken by seat %d", len(p.moves), cell, p.stones[cell])
	case p.Over():
		return fmt.Errorf("move %d: the game is over", len(p.moves))
	}
	p.Push(cell)
	return nil
}

// Push is Play for a move known to be legal.
func (p *Position) Push(cell int) {
	seat := p.Turn()
	weight := p.rules.weights[seat]
	line := weight * uint16(p.rules.InARow)
	p.stones[cell] = int8(seat)
	for _, w := range p.rules.through[cell] {
		p.codes[w] += weight
		if p.codes[w] == line {
			p.winner = seat
		}
	}
	p.moves = append(p.moves, cell)
}

// Pop takes the last move back.
func (p *Position) Pop() {
	last := len(p.moves) - 1
	cell := p.moves[last]
	p.moves = p.moves[:last]
	weight := p.rules.weights[p.Turn()]
	p.stones[cell] = None
	for _, w := range p.rules.through[cell] {
		p.codes[w] -= weight
	}
	p.winner = None // no move is played after a win, so none was there before
}

// Wins says whether the seat would complete a line by taking the empty cell.
func (p *Position) Wins(seat, cell int) bool {
	weight := p.rules.weights[seat]
	for _, w := range p.rules.through[cell] {
		if p.codes[w] == weight*uint16(p.rules.InARow-1) {
			return true
		}
	}
	return false
}
