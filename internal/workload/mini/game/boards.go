package game

// Cell is a place on the board: column and row of a square board, axial coordinates of a hexagonal one.
type Cell struct{ Q, R int }

// board is a shape with the directions in which lines run.
type board struct {
	name       string
	cells      []Cell
	directions []Cell
}

// square is a board of size × size cells with rows, columns and both diagonals.
func square(name string, size int) board {
	cells := make([]Cell, 0, size*size)
	for r := range size {
		for q := range size {
			cells = append(cells, Cell{q, r})
		}
	}
	return board{name, cells, []Cell{{1, 0}, {0, 1}, {1, 1}, {-1, 1}}}
}

// hexagon is a board of all cells within radius steps of the middle, with the three axes of a hexagonal grid.
func hexagon(name string, radius int) board {
	var cells []Cell
	for r := -radius; r <= radius; r++ {
		for q := -radius; q <= radius; q++ {
			if sum := q + r; sum >= -radius && sum <= radius {
				cells = append(cells, Cell{q, r})
			}
		}
	}
	return board{name, cells, []Cell{{1, 0}, {0, 1}, {-1, 1}}}
}

// variant is a game that mini plays: a config of its manifest.
type variant struct {
	key     string
	players int
	inARow  int
	board   board
}

func variants() []variant {
	return []variant{
		{"sq5_2p", 2, 4, square("sq5", 5)},
		{"sq5_3p", 3, 3, square("sq5", 5)},
		{"hex3_2p", 2, 4, hexagon("hex3", 3)},
		{"hex3_4p", 4, 4, hexagon("hex3", 3)},
	}
}
