package rating

import (
	"math"
	"slices"
)

// symmetric is a positive definite matrix of which most values are 0. After factorise it is its Cholesky factor, with
// rows and columns in the order of elimination.
type symmetric struct {
	*pattern
	diagonal []float64
	below    [][]float64 // by column, as the pattern's rows
}

func newSymmetric(of *pattern) *symmetric {
	s := &symmetric{pattern: of, diagonal: make([]float64, len(of.rows)), below: make([][]float64, len(of.rows))}
	for column, rows := range of.rows {
		s.below[column] = make([]float64, len(rows))
	}
	return s
}

// add adds to a value that the pattern has, and so to its mirror image.
func (s *symmetric) add(row, column int, value float64) {
	high, low := s.place[row], s.place[column]
	if high == low {
		s.diagonal[low] += value
		return
	}
	low, high = min(low, high), max(low, high)
	at, _ := slices.BinarySearch(s.rows[low], high)
	s.below[low][at] += value
}

// factorise replaces the matrix by L with L·Lᵀ equal to it. If it is not positive definite, it returns the row where
// that shows. Each column waits at its next row, until that row's column takes off what it stands for.
func (s *symmetric) factorise() (row int, ok bool) {
	size := len(s.rows)
	work, reached := make([]float64, size), make([]int, size)
	waiting, behind := slices.Repeat([]int{-1}, size), make([]int, size) // lists of columns, by row
	wait := func(column int) {
		if reached[column] < len(s.rows[column]) {
			row := s.rows[column][reached[column]]
			behind[column], waiting[row] = waiting[row], column
		}
	}
	for k := range size {
		for at, row := range s.rows[k] {
			work[row] = s.below[k][at]
		}
		for column := waiting[k]; column >= 0; {
			s.takeOff(k, column, reached[column], work)
			next := behind[column]
			reached[column]++
			wait(column)
			column = next
		}
		if !(s.diagonal[k] > 0) {
			return s.who[k], false
		}
		s.diagonal[k] = math.Sqrt(s.diagonal[k])
		for at, row := range s.rows[k] {
			s.below[k][at] = work[row] / s.diagonal[k]
		}
		wait(k)
	}
	return 0, true
}

// takeOff takes off column k what an earlier column, whose value at row k is at a place, stands for.
func (s *symmetric) takeOff(k, column, at int, work []float64) {
	rows, values := s.rows[column], s.below[column]
	factor := values[at]
	s.diagonal[k] -= factor * factor
	for i := at + 1; i < len(rows); i++ {
		work[rows[i]] -= factor * values[i]
	}
}

// solve returns x with L·Lᵀ·x = b.
func (s *symmetric) solve(b []float64) []float64 {
	y, x := make([]float64, len(b)), make([]float64, len(b))
	for i, value := range b {
		y[s.place[i]] = value
	}
	for k := range y {
		y[k] /= s.diagonal[k]
		for at, row := range s.rows[k] {
			y[row] -= s.below[k][at] * y[k]
		}
	}
	for k := len(y) - 1; k >= 0; k-- {
		for at, row := range s.rows[k] {
			y[k] -= s.below[k][at] * y[row]
		}
		y[k] /= s.diagonal[k]
		x[s.who[k]] = y[k]
	}
	return x
}

// inverseDiagonal returns the diagonal of Z = (L·Lᵀ)⁻¹. Of Z it computes only what the pattern has, from the last column
// to the first, by Lᵀ·Z = L⁻¹ (Takahashi, Fagan and Chen 1973).
func (s *symmetric) inverseDiagonal() []float64 {
	size := len(s.rows)
	z := newSymmetric(s.pattern)
	factors, sums, member := make([]float64, size), make([]float64, size), slices.Repeat([]int{-1}, size)
	inverse := make([]float64, size)
	for k := size - 1; k >= 0; k-- {
		for at, row := range s.rows[k] {
			factors[row], sums[row], member[row] = s.below[k][at], 0, k
		}
		for _, row := range s.rows[k] {
			sums[row] += factors[row] * z.diagonal[row]
			for at, lower := range z.rows[row] {
				if member[lower] == k {
					sums[lower] += factors[row] * z.below[row][at]
					sums[row] += factors[lower] * z.below[row][at]
				}
			}
		}
		z.diagonal[k] = 1 / s.diagonal[k]
		for at, row := range s.rows[k] {
			z.below[k][at] = -sums[row] / s.diagonal[k]
			z.diagonal[k] -= factors[row] * z.below[k][at]
		}
		z.diagonal[k] /= s.diagonal[k]
		inverse[s.who[k]] = z.diagonal[k]
	}
	return inverse
}
