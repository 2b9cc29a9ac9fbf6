package play

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/player"
)

// Table is how one game is set up.
type Table struct {
	Players      []player.Player // one a seat; a player may sit at several
	Seats        []Seat
	Opening      int     // plies drawn at random from the opening source first
	SampledPlies int     // the plies, counted from the start, in which searchers draw their moves
	Temperature  float64 // for the sampled plies; 0 draws none
	MaxMoves     int     // the game is drawn after as many plies; 0 is no limit
}

// Play plays one game, or returns the cause for which ctx ended. The opening has a random source of its own, so
// that games can share an opening.
func (t Table) Play(ctx context.Context, rules *game.Rules, opening, random *rand.Rand) (Record, error) {
	p := game.NewPosition(rules)
	record := Record{Seats: t.Seats, Moves: make([]Move, 0, len(rules.Cells))}
	visits := make([]int32, len(rules.Cells))
	for !p.Over() && (t.MaxMoves == 0 || p.Plies() < t.MaxMoves) {
		if ctx.Err() != nil {
			return Record{}, context.Cause(ctx)
		}
		move := t.move(p, opening, random, visits)
		record.Moves = append(record.Moves, move)
		p.Push(move.Cell)
	}
	record.Winner, record.Termination = p.Winner(), ending(p)
	return record, nil
}

func (t Table) move(p *game.Position, opening, random *rand.Rand, visits []int32) Move {
	if p.Plies() < t.Opening {
		return Move{Cell: player.RandomMove(p, opening), Origin: Opening}
	}
	move := Move{Origin: Chosen}
	temperature := 0.0
	if p.Plies() < t.SampledPlies {
		temperature = t.Temperature
	}
	var searched bool
	move.Cell, searched = t.Players[p.Turn()].Choose(p, random, temperature, visits)
	if searched {
		move.Visits = slices.Clone(visits)
		if temperature > 0 {
			move.Origin = Sampled
		}
	}
	return move
}

// Seed returns the seed of a numbered game of a run, at most 63 bits. It is that of the generator "SplitMix64".
func Seed(run uint64, index int) uint64 {
	z := run + uint64(index+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return (z ^ z>>31) >> 1
}

func ending(p *game.Position) string {
	switch {
	case p.Winner() != game.None:
		return Line
	case p.Over():
		return Full
	}
	return TooLong
}
