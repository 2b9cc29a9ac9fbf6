package rating

import (
	"fmt"
	"math"
)

const (
	// closeEnough is how far from the maximum Newton's method may end: a millionth of a standard deviation.
	closeEnough = 1e-6
	// maxSteps is far above what is ever needed: see maximise.
	maxSteps = 500
)

// maximise moves the strengths to the maximum and returns their standard deviations there, 0 for the pinned.
//
// It is Newton's method with the step length of Sun and Tran-Dinh (Generalized self-concordant functions, 2019):
// ln(1+r)/r of the way, where r is the largest difference between two moves. Along the way the information of a
// choice changes at most by a factor exp(r·t), because a third central moment is at most the range times the
// variance. Therefore every step gains at least λ²·((1+r)·ln(1+r) − r)/r², with λ the distance to the maximum in
// standard deviations: nothing is ever overshot and no search along the way is needed. The gap shrinks by a fixed
// share a step while it is wide and by its square when it is narrow, so that the number of steps grows with the
// logarithm of the evidence. Seen over 20 000 hostile data sets (pins 8 000 Elo apart, millions of games against
// all expectation): 22 in the mean, fewer than 90 at most.
func (p *posterior) maximise() (deviations []float64, err error) {
	for range maxSteps {
		gradient, information := p.derivatives()
		weak, ok := information.factorise()
		if !ok {
			return nil, fmt.Errorf("participant %s: its games leave its strength undecided", p.names[p.free[weak]])
		}
		move := information.solve(gradient)
		distance, reach := math.Sqrt(dot(gradient, move)), spread(move)
		if distance <= closeEnough {
			return p.deviations(information), nil
		}
		length := math.Log1p(reach) / reach
		for i, who := range p.free {
			p.strengths[who] += length * move[i]
		}
	}
	return nil, fmt.Errorf("participant %s and %d others: no maximum after %d steps", p.names[p.free[0]], len(p.free)-1, maxSteps)
}

// deviations are the square roots of the diagonal of the inverse of the information.
func (p *posterior) deviations(factor *symmetric) []float64 {
	all := make([]float64, len(p.names))
	for i, variance := range factor.inverseDiagonal() {
		all[p.free[i]] = math.Sqrt(variance)
	}
	return all
}

// spread is the largest difference between two moves, those of the pinned (0) included.
func spread(moves []float64) float64 {
	low, high := 0.0, 0.0
	for _, move := range moves {
		low, high = min(low, move), max(high, move)
	}
	return high - low
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
