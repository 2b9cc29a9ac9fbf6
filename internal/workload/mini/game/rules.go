package game

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Rules are one game: immutable, and shared by all its positions.
type Rules struct {
	Key     string  // the config key, for example "sq5_2p"
	Board   string  // the name of the board, for example "sq5"
	Players int     // 2 to 4
	InARow  int     // the length of a winning line
	Cells   []Cell  // a move is an index into these
	Windows [][]int // every line of InARow cells, as ascending indexes

	through [][]int  // for each cell the windows it belongs to
	weights []uint16 // what a stone of each seat adds to a window's code
}

// Lookup returns the rules of a config, or an error that names the configs there are.
func Lookup(key string) (*Rules, error) {
	for _, v := range variants() {
		if v.key == key {
			return newRules(v), nil
		}
	}
	return nil, fmt.Errorf("config_key %q is unknown: use one of %s", key, strings.Join(Keys(), ", "))
}

// Keys lists the configs that Lookup knows.
func Keys() []string {
	var keys []string
	for _, v := range variants() {
		keys = append(keys, v.key)
	}
	return keys
}

// Codes is the number of different contents a window can have, and one more than the largest code.
func (r *Rules) Codes() int {
	codes := 1
	for range r.Players {
		codes *= r.InARow + 1
	}
	return codes
}

// Counts tells how many stones of each seat a window of this code holds.
func (r *Rules) Counts(code int) []int {
	counts := make([]int, r.Players)
	for seat := range counts {
		counts[seat] = code % (r.InARow + 1)
		code /= r.InARow + 1
	}
	return counts
}

// Through returns the windows that a cell belongs to. The caller must not change them.
func (r *Rules) Through(cell int) []int { return r.through[cell] }

// Hash identifies the rules themselves: players, line length, cells and lines, whatever their names.
func (r *Rules) Hash() string {
	lines := slices.Clone(r.Windows)
	slices.SortFunc(lines, slices.Compare[[]int])
	var text strings.Builder
	fmt.Fprintf(&text, "players %d\nin_a_row %d\n", r.Players, r.InARow)
	for _, cell := range r.Cells {
		fmt.Fprintf(&text, "cell %d %d\n", cell.Q, cell.R)
	}
	for _, line := range lines {
		fmt.Fprintf(&text, "line %v\n", line)
	}
	sum := sha256.Sum256([]byte(text.String()))
	return hex.EncodeToString(sum[:])
}

func newRules(v variant) *Rules {
	r := &Rules{Key: v.key, Board: v.board.name, Players: v.players, InARow: v.inARow, Cells: v.board.cells}
	r.Windows = windows(v.board, v.inARow)
	r.through = make([][]int, len(r.Cells))
	for w, window := range r.Windows {
		for _, cell := range window {
			r.through[cell] = append(r.through[cell], w)
		}
	}
	weight := uint16(1)
	for range r.Players {
		r.weights = append(r.weights, weight)
		weight *= uint16(r.InARow + 1)
	}
	return r
}

// windows lists every straight run of length cells that lies on the board.
func windows(b board, length int) [][]int {
	index := make(map[Cell]int, len(b.cells))
	for i, cell := range b.cells {
		index[cell] = i
	}
	var all [][]int
	for _, start := range b.cells {
		for _, step := range b.directions {
			if window, whole := run(index, start, step, length); whole {
				all = append(all, window)
			}
		}
	}
	return all
}

func run(index map[Cell]int, start, step Cell, length int) ([]int, bool) {
	cells := make([]int, 0, length)
	for i := range length {
		cell, on := index[Cell{start.Q + i*step.Q, start.R + i*step.R}]
		if !on {
			return nil, false
		}
		cells = append(cells, cell)
	}
	slices.Sort(cells)
	return cells, true
}
