package dataset

import (
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/play"
)

// Row is one sample. Lists by player begin with the one who is to move.
type Row struct {
	Features   []uint8   // for each player a plane of cells: 1 is a stone
	Policy     []float32 // the share of visits of each cell
	Value      []float32 // each player's share of the game: 1 won, 0 lost, in a draw all have the same
	GameID     string
	Position   int32 // plies played before
	Generation int32 // of the model that moves, or play.NoGeneration
	Weight     float32
}

// Rows calls yield with a row for each searched move of a game until it fails. The row is reused.
func Rows(rules *game.Rules, record play.Record, gameID string, yield func(*Row) error) error {
	p := game.NewPosition(rules)
	row := newRow(rules.Players, len(rules.Cells))
	row.GameID, row.Weight = gameID, 1
	for ply, move := range record.Moves {
		if move.Visits != nil {
			mover := p.Turn()
			row.Position, row.Generation = int32(ply), int32(record.Seats[mover].Generation)
			row.look(p)
			row.prefer(move.Visits)
			row.score(record.Winner, mover)
			if err := yield(row); err != nil {
				return err
			}
		}
		if err := p.Play(move.Cell); err != nil {
			return err
		}
	}
	return nil
}

func newRow(players, cells int) *Row {
	return &Row{
		Features: make([]uint8, players*cells),
		Policy:   make([]float32, cells),
		Value:    make([]float32, players),
	}
}

func (r *Row) look(p *game.Position) {
	players, cells := len(r.Value), len(r.Policy)
	clear(r.Features)
	for cell := range cells {
		if seat := p.Stone(cell); seat != game.None {
			r.Features[(seat-p.Turn()+players)%players*cells+cell] = 1
		}
	}
}

// Board is the position that the row tells of. Its moves are in an order of their own.
func (r *Row) Board(rules *game.Rules) *game.Position {
	players, cells, mover := len(r.Value), len(r.Policy), int(r.Position)%len(r.Value)
	stones := make([][]int, players) // by seat
	for i, stone := range r.Features {
		if seat := (i/cells + mover) % players; stone != 0 {
			stones[seat] = append(stones[seat], i%cells)
		}
	}
	p := game.NewPosition(rules)
	for ply := range int(r.Position) {
		if seat := ply % players; len(stones[seat]) > 0 {
			p.Push(stones[seat][0])
			stones[seat] = stones[seat][1:]
		}
	}
	return p
}

func (r *Row) prefer(visits []int32) {
	total := int32(0)
	for _, n := range visits {
		total += n
	}
	for cell, n := range visits {
		r.Policy[cell] = float32(n) / float32(total)
	}
}

func (r *Row) score(winner, mover int) {
	players := len(r.Value)
	for i := range r.Value {
		switch winner {
		case game.None:
			r.Value[i] = 1 / float32(players)
		case (mover + i) % players:
			r.Value[i] = 1
		default:
			r.Value[i] = 0
		}
	}
}
