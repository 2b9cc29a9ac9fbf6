package model

import (
	"fmt"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
)

// Names of architectures.
const (
	Pattern      = "pattern"       // tells the other players apart by when they move
	PatternSmall = "pattern-small" // does not, and takes windows that nobody can win any more for one
)

// Patterns maps what a window holds to rows of a model's tables.
//
// A row is (own stones, stones of the strongest other, who): in the policy table who is how many turns after the
// mover the strongest other moves, in the value table how many turns from now the valued player moves.
type Patterns struct {
	rules *game.Rules
	small bool
}

// NewPatterns returns the patterns of an architecture, or an error that names the architectures there are.
func NewPatterns(rules *game.Rules, architecture string) (Patterns, error) {
	switch architecture {
	case Pattern, PatternSmall:
		return Patterns{rules, architecture == PatternSmall}, nil
	}
	return Patterns{}, fmt.Errorf("architecture %q is unknown: use %s or %s", architecture, Pattern, PatternSmall)
}

// Rows is the size of either table.
func (p Patterns) Rows() int {
	k := p.rules.InARow
	if p.small {
		return (2*k + 2) * 2
	}
	return (k + 1) * (k + 1) * p.rules.Players
}

// Policy returns the row of a window for the seat that is to move.
func (p Patterns) Policy(counts []int, mover int) int {
	other, distance := p.strongest(counts, mover)
	return p.row(counts, counts[mover], other, distance)
}

// Value returns the row of a window for a player, given whose turn it is.
func (p Patterns) Value(counts []int, mover, player int) int {
	other, _ := p.strongest(counts, player)
	return p.row(counts, counts[player], other, (player-mover+p.rules.Players)%p.rules.Players)
}

// strongest returns the most stones that another seat has in the window, and how many turns after the player
// that seat moves: the soonest of several, 0 if there is none.
func (p Patterns) strongest(counts []int, player int) (stones, distance int) {
	for step := 1; step < p.rules.Players; step++ {
		if other := counts[(player+step)%p.rules.Players]; other > stones {
			stones, distance = other, step
		}
	}
	return stones, distance
}

func (p Patterns) row(counts []int, own, other, who int) int {
	k := p.rules.InARow
	if !p.small {
		return (own*(k+1)+other)*p.rules.Players + who
	}
	content := own + other // one of them is 0
	switch {
	case own+other > 0 && !winnable(counts):
		content = 2*k + 1
	case other > 0:
		content = k + other
	}
	return content*2 + min(who, 1)
}

// winnable says whether the stones in a window are all of one player.
func winnable(counts []int) bool {
	players := 0
	for _, stones := range counts {
		players += min(stones, 1)
	}
	return players == 1
}
