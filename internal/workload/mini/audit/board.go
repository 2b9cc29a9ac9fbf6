package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
)

// ErrUnreadable says that a file is not what its role says, or not whole.
var ErrUnreadable = errors.New("unreadable file")

// point is a place on a board.
type point [2]int

// board is one game as geometry.
type board struct {
	key     string
	name    string
	players int
	needed  int // stones in a row that win
	axes    []point
	places  []point // by index of the cell
	numbers map[point]int
}

// lookBoard returns the board of a config.
func lookBoard(key string) (*board, error) {
	switch key {
	case "sq5_2p":
		return newBoard(key, "sq5", 2, 4, squareAxes(), onSquare), nil
	case "sq5_3p":
		return newBoard(key, "sq5", 3, 3, squareAxes(), onSquare), nil
	case "hex3_2p":
		return newBoard(key, "hex3", 2, 4, hexAxes(), onHexagon), nil
	case "hex3_4p":
		return newBoard(key, "hex3", 4, 4, hexAxes(), onHexagon), nil
	}
	return nil, fmt.Errorf("config_key %q is unknown", key)
}

func squareAxes() []point { return []point{{1, 0}, {0, 1}, {1, 1}, {1, -1}} }

func hexAxes() []point { return []point{{1, 0}, {0, 1}, {1, -1}} }

func onSquare(x, y int) bool { return x >= 0 && x < 5 && y >= 0 && y < 5 }

// onHexagon: the third coordinate of a hexagonal grid is minus the sum of the other two.
func onHexagon(x, y int) bool { return max(abs(x), abs(y), abs(x+y)) <= 3 }

func abs(n int) int { return max(n, -n) }

func newBoard(key, name string, players, needed int, axes []point, on func(x, y int) bool) *board {
	b := &board{key: key, name: name, players: players, needed: needed, axes: axes, numbers: map[point]int{}}
	const reach = 8
	for y := -reach; y <= reach; y++ {
		for x := -reach; x <= reach; x++ {
			if on(x, y) {
				b.numbers[point{x, y}] = len(b.places)
				b.places = append(b.places, point{x, y})
			}
		}
	}
	return b
}

// wins says whether the stone just put at the place completes a row of its owner.
func (b *board) wins(owner map[point]int, at point) bool {
	for _, axis := range b.axes {
		length := 1 + b.reach(owner, at, axis, 1) + b.reach(owner, at, axis, -1)
		if length >= b.needed {
			return true
		}
	}
	return false
}

// reach counts the owner's stones in one direction.
func (b *board) reach(owner map[point]int, at, axis point, sign int) int {
	who := owner[at]
	for n := 1; ; n++ {
		if owner[point{at[0] + sign*n*axis[0], at[1] + sign*n*axis[1]}] != who {
			return n - 1
		}
	}
}

// rulesHash is the identity of the rules, as every file of mini states it.
func (b *board) rulesHash() string {
	var rows [][]int
	for _, end := range b.places {
		for _, axis := range b.axes {
			if row := b.row(end, axis); row != nil {
				rows = append(rows, row)
			}
		}
	}
	slices.SortFunc(rows, slices.Compare[[]int])
	digest := sha256.New()
	fmt.Fprintf(digest, "players %d\nin_a_row %d\n", b.players, b.needed)
	for _, place := range b.places {
		fmt.Fprintf(digest, "cell %d %d\n", place[0], place[1])
	}
	for _, row := range rows {
		fmt.Fprintf(digest, "line %v\n", row)
	}
	return hex.EncodeToString(digest.Sum(nil))
}

// row lists the cells of a winning row that begins at an end, or nil if it leaves the board.
func (b *board) row(end, axis point) []int {
	var row []int
	for n := range b.needed {
		number, on := b.numbers[point{end[0] + n*axis[0], end[1] + n*axis[1]}]
		if !on {
			return nil
		}
		row = append(row, number)
	}
	slices.Sort(row)
	return row
}
