package rating

import "math"

// symmetric is the lower half of a symmetric matrix, by rows. After factorise it is its Cholesky factor.
type symmetric [][]float64

func newSymmetric(size int) symmetric {
	rows := make(symmetric, size)
	for i := range rows {
		rows[i] = make([]float64, i+1)
	}
	return rows
}

func (s symmetric) add(row, column int, value float64) { s[row][column] += value }

// factorise replaces the matrix by L with L·Lᵀ equal to it. If it is not positive definite, it returns the row
// where that shows.
func (s symmetric) factorise() (row int, ok bool) {
	for i := range s {
		for j := range i {
			s[i][j] = (s[i][j] - dot(s[i][:j], s[j][:j])) / s[j][j]
		}
		rest := s[i][i] - dot(s[i][:i], s[i][:i])
		if !(rest > 0) {
			return i, false
		}
		s[i][i] = math.Sqrt(rest)
	}
	return 0, true
}

// solve returns x with L·Lᵀ·x = b.
func (s symmetric) solve(b []float64) []float64 {
	x := s.forward(b, 0)
	for i := len(s) - 1; i >= 0; i-- {
		x[i] /= s[i][i]
		for j := range i {
			x[j] -= s[i][j] * x[i]
		}
	}
	return x
}

// forward returns x with L·x = b, where b is 0 above its first row.
func (s symmetric) forward(b []float64, first int) []float64 {
	x := make([]float64, len(s))
	for i := first; i < len(s); i++ {
		x[i] = (b[i] - dot(s[i][first:i], x[first:i])) / s[i][i]
	}
	return x
}

// inverseDiagonal returns the diagonal of (L·Lᵀ)⁻¹: the squared lengths of the columns of L⁻¹.
func (s symmetric) inverseDiagonal() []float64 {
	diagonal, unit := make([]float64, len(s)), make([]float64, len(s))
	for i := range s {
		unit[i] = 1
		column := s.forward(unit, i)
		diagonal[i] = dot(column, column)
		unit[i] = 0
	}
	return diagonal
}
